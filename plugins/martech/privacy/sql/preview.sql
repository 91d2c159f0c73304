with identifiers as (
    {% include "privacy/sql/identifiers_of_person.sql" %}
)

{% for table in tables %}
select
    '{{ table.name }}' as name,
    count(*) as found
from `{{ table.name }}`
where {{ table.belongs }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
