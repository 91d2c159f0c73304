-- Rows of a day that another row of it has in all columns but the landing time.
select count(*) - count(distinct to_json_string(landed)) as copies
from (
    select * except ({{ loaded_at_field }})
    from `{{ project }}.{{ dataset }}.{{ name }}`
    where
        {{ field }} >= cast(@first as {{ kind }})
        and {{ field }} < cast(date_add(@first, interval 1 day) as {{ kind }})
) as landed
