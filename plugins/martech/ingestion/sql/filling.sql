select
    count(*) as landed,
    [{{ counts }}] as filled
from `{{ table }}`
where
    {{ field }} >= cast(@first as {{ kind }})
    and {{ field }} < cast(date_add(@last, interval 1 day) as {{ kind }})
