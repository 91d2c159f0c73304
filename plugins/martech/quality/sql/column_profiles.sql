select *
from `{{ profiles }}`
where profiled_day between @first and @last and layer = @layer
qualify rank() over (partition by table_name, profiled_day order by profiled_at desc) = 1
