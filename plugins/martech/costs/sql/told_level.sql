select coalesce(max(level), 0) as level
from `{{ alarms }}`
where
    month = @month
    and budget_usd = cast(@budget as numeric)
    and run_id != @run_id
