-- A table of current state is small: each figure may read its column once more.
select
    'rows' as measure,
    cast(count(*) as float64) as amount
from `{{ current_table }}`
{% for column in totals %}
union all
select
    'total of {{ column }}' as measure,
    cast(coalesce(sum(cast({{ column }} as numeric)), 0) as float64) as amount
from `{{ current_table }}`
{% endfor %}
{% for column in shares %}
union all
select
    concat('share of {{ column }} = ', coalesce(cast({{ column }} as string), 'null')) as measure,
    count(*) / sum(count(*)) over () as amount
from `{{ current_table }}`
group by {{ column }}
{% endfor %}
