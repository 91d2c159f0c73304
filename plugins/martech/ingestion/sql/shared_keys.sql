select {{ shared_key }} as shared_key
from `{{ table }}`
where
    {{ field }} >= cast(@first as {{ kind }})
    and {{ field }} < cast(date_add(@last, interval 1 day) as {{ kind }})
group by {{ identity }}
having count(distinct _connection) > 1
order by shared_key
limit 3
