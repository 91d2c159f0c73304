-- With `person` the pattern reads their identifiers, which no request has written down yet.
{% if person %}
with identifiers as (  -- noqa: ST03
    {% include "privacy/sql/identifiers_of_person.sql" %}
)

{% endif %}
{% for table in tables %}
select {{ table.number }} as number, count(*) as found
from `{{ table.name }}` as searched
where {{ table.everywhere }} and regexp_contains(to_json_string(searched), {{ pattern }})
{% if not loop.last %}union all{% endif %}
{% endfor %}
