-- Rows that are a person's, as JSON; ids in them that name others are emptied.
with identifiers as (
    {% include "privacy/sql/identifiers_of_person.sql" %}
),

searched as (
    select array_agg(value) as own_identifiers
    from identifiers
)

{% for table in tables %}
select
    '{{ table.name }}' as name,
    to_json_string(own) as row_json
from (
    select {{ table.columns }}
    from `{{ table.name }}` as source
    cross join searched
    where {{ table.belongs }}
) as own
{% if not loop.last %}union all{% endif %}
{% endfor %}
