{% macro identity_contested_components() -%}
create or replace table {{ identity_work_table('contested') }} as
select a.component
from {{ identity_work_table('edges') }} as edges
inner join {{ identity_work_table('labels') }} as a on edges.node_a = a.node
inner join {{ identity_work_table('labels') }} as b on edges.node_b = b.node
where edges.against_bits <= {{ var('identity_conflict_bits') }} and a.component = b.component
union distinct
select component
from {{ identity_work_table('labels') }}
where not starts_with(node, '#')
group by component
having count(*) > {{ var('identity_max_records_per_cluster') }};
{%- endmacro %}
