-- Rows that a connector wrote after a moment, by its table.
{% for name, synced in origins %}
select
    '{{ name }}' as connector_table,
    count(*) as new_rows
from `{{ name }}`
where {{ synced }} >= @moment
{% if not loop.last %}union all{% endif %}
{% endfor %}
