with person as (
    {{ person }}
),

identifiers as (
    select
        @request_id as request_id,
        kind,
        value
    from person
)

{% for table in tables %}
select
    '{{ table.name }}' as name,
    count(*) as found
from `{{ table.name }}`
where {{ table.belongs }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
