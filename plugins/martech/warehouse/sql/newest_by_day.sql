select
    cast({{ field }} as date) as day,
    max({{ loaded_at_field }}) as newest
from `{{ project }}.{{ dataset }}.{{ name }}`
where
    {{ field }} >= cast(@first as {{ kind }})
    and {{ field }} < cast(@after_last as {{ kind }})
group by day
