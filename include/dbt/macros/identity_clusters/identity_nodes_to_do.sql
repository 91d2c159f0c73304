{% macro identity_nodes_to_do() -%}
create or replace table {{ identity_work_table('nodes') }} as
with edges as (
    select * from {{ ref('int_identity__edges') }}
),

ends as (
    select node_a as node, concat(node_b, '|', match_bits, '|', against_bits) as edge from edges
    union all
    select node_b as node, concat(node_a, '|', match_bits, '|', against_bits) as edge from edges
    union all
    select identity_key as node, '' as edge from {{ ref('int_identity__records') }}
)

select
    node,
    concat(count(*), '|', bit_xor(farm_fingerprint(edge))) as edges_hash,
from ends
group by node;

{% if is_incremental() -%}
create or replace table {{ identity_work_table('nodes') }} as
with changed as (
    select
        nodes.node,
        stored.component_id,
    from {{ identity_work_table('nodes') }} as nodes
    full outer join {{ this }} as stored on nodes.node = stored.node
    where stored.node is null or nodes.node is null or nodes.edges_hash != stored.edges_hash
),

to_do as (
    select node from changed
    union distinct
    select stored.node
    from {{ this }} as stored
    inner join changed on stored.component_id = changed.component_id
)

select nodes.*
from {{ identity_work_table('nodes') }} as nodes
inner join to_do on nodes.node = to_do.node;

-- What vanished goes; its old neighbours are among the nodes to do.
delete from {{ this }}
where
    node not in (select identity_key from {{ ref('int_identity__records') }})
    and node not in (select node_a from {{ ref('int_identity__edges') }})
    and node not in (select node_b from {{ ref('int_identity__edges') }});
{%- endif %}

create or replace table {{ identity_work_table('edges') }} as
select
    edges.node_a,
    edges.node_b,
    edges.match_bits,
    edges.against_bits,
    edges.is_link,
from {{ ref('int_identity__edges') }} as edges
inner join {{ identity_work_table('nodes') }} as a on edges.node_a = a.node
inner join {{ identity_work_table('nodes') }} as b on edges.node_b = b.node;
{%- endmacro %}
