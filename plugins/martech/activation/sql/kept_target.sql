select
    target,
    declaration
from `{{ targets }}`
where sync_name = @sync_name
