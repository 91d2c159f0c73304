-- Rows of other people that name a person: only the name and how often, for the rows are theirs.
with identifiers as (
    {% include "privacy/sql/identifiers_of_person.sql" %}
)

{% for mention in mentions %}
select
    '{{ mention.table }}' as name,
    '{{ mention.column }}' as column_name,
    cast({{ "element" if mention.is_array else mention.column }} as string) as value,
    count(*) as row_count
from `{{ mention.table }}`
{% if mention.is_array %}cross join unnest({{ mention.column }}) as element{% endif %}
where
    {{ mention.everywhere }}
    and cast({{ "element" if mention.is_array else mention.column }} as string) in ({{ mention.wanted }})
    and not coalesce({{ mention.belongs }}, false)
group by value
{% if not loop.last %}union all{% endif %}
{% endfor %}
