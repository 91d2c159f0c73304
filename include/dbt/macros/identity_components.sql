{#- The graph algorithms of identity resolution, as GoogleSQL scripts that run before the select of
    `int_identity__clusters`. They work in tables beside the model: the scripts of a dbt run share no session, so
    temporary tables would be gone before the select reads them. -#}

{% macro identity_work_table(name) -%}
    {%- if not execute %}{{ return(name) }}{% endif -%}
    {{ return(api.Relation.create(
        database=this.database, schema=this.schema, identifier=this.identifier ~ '__' ~ name, type='table'
    )) }}
{%- endmacro %}

{#- A table as a former run left it, or none. Asked of the warehouse, not by ref(), by models that must run
    before the table is written again. -#}
{% macro identity_former_table(schema, name) -%}
    {%- if not execute %}{{ return(none) }}{% endif -%}
    {{ return(load_relation(api.Relation.create(database=this.database, schema=schema, identifier=name))) }}
{%- endmacro %}

{% macro identity_drop_work_tables() -%}
    {%- for name in ['nodes', 'edges', 'labels', 'links', 'parents', 'jumped', 'contested', 'sizes'] %}
drop table if exists {{ identity_work_table(name) }};
    {%- endfor %}
{%- endmacro %}

{#- The whole script: which nodes to do again, their components, and contested components taken apart.
    Leaves `labels` (node, component, cluster) and `nodes` (node, edges_hash). -#}
{% macro identity_cluster_script() -%}
{{ identity_nodes_to_do() }}
{{ identity_components() }}
{{ identity_contested_components() }}
{{ identity_part_contested() }}
{%- endmacro %}

{#- A node is done again where its edges changed, together with everything that shared its component. The
    edges of all other nodes are as they were, so their components are too. -#}
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

{#- Connected components, to convergence. Each round every component that still has a link joins its smallest
    neighbour. Such choices form trees whose root is a pair that chose each other; the smaller of the pair becomes
    the root, and pointer jumping (a parent becomes its parent's parent) flattens the tree. Every component joins
    another in each round, so their number at least halves: at most log2(n) rounds of at most log2(depth)
    jumps, however long a chain is. -#}
{% macro identity_components() -%}
create or replace table {{ identity_work_table('labels') }} as
select
    node,
    node as component,
from {{ identity_work_table('nodes') }};

create or replace table {{ identity_work_table('links') }} as
select node_a as source, node_b as target from {{ identity_work_table('edges') }} where is_link
union distinct
select node_b as source, node_a as target from {{ identity_work_table('edges') }} where is_link;

loop
    create or replace table {{ identity_work_table('parents') }} as
    select
        source as component,
        min(target) as parent,
    from {{ identity_work_table('links') }}
    group by source;

    if not exists (select 1 from {{ identity_work_table('parents') }}) then
        leave;
    end if;

    create or replace table {{ identity_work_table('parents') }} as
    select
        child.component,
        if(
            parent.parent = child.component and child.component < child.parent, child.component, child.parent
        ) as parent,
    from {{ identity_work_table('parents') }} as child
    inner join {{ identity_work_table('parents') }} as parent on child.parent = parent.component;

    loop
        create or replace table {{ identity_work_table('jumped') }} as
        select
            child.component,
            parent.parent,
            child.parent != parent.parent as has_moved,
        from {{ identity_work_table('parents') }} as child
        inner join {{ identity_work_table('parents') }} as parent on child.parent = parent.component;

        create or replace table {{ identity_work_table('parents') }} as
        select component, parent from {{ identity_work_table('jumped') }};

        if not exists (select 1 from {{ identity_work_table('jumped') }} where has_moved) then
            leave;
        end if;
    end loop;

    create or replace table {{ identity_work_table('labels') }} as
    select
        labels.node,
        coalesce(parents.parent, labels.component) as component,
    from {{ identity_work_table('labels') }} as labels
    left join {{ identity_work_table('parents') }} as parents on labels.component = parents.component;

    create or replace table {{ identity_work_table('links') }} as
    select distinct
        source_parent.parent as source,
        target_parent.parent as target,
    from {{ identity_work_table('links') }} as links
    inner join {{ identity_work_table('parents') }} as source_parent on links.source = source_parent.component
    inner join {{ identity_work_table('parents') }} as target_parent on links.target = target_parent.component
    where source_parent.parent != target_parent.parent;
end loop;
{%- endmacro %}

{#- A component is contested where it holds a pair that is clearly two people, or more records than a person has. -#}
{% macro identity_contested_components() -%}
create or replace table {{ identity_work_table('contested') }} as
select a.component
from {{ identity_work_table('edges') }} as edges
inner join {{ identity_work_table('labels') }} as a on edges.node_a = a.node
inner join {{ identity_work_table('labels') }} as b on edges.node_b = b.node
where edges.against_bits <= {{ identity_setting('conflict_bits') }} and a.component = b.component
union distinct
select component
from {{ identity_work_table('labels') }}
where not starts_with(node, '#')
group by component
having count(*) > {{ identity_setting('max_records_per_cluster') }};
{%- endmacro %}

{#- Contested components are built up again from single nodes, strongest evidence first: two groups join where
    each is the other's best, and where the strongest evidence for it and the strongest against it, between any of
    their members, add up to a link. So the weakest edges are the ones cut. Ties are broken by a hash, which keeps the number of rounds low. -#}
{% macro identity_part_contested() -%}
create or replace table {{ identity_work_table('labels') }} as
select
    labels.node,
    labels.component,
    if(contested.component is null, labels.component, labels.node) as cluster,
from {{ identity_work_table('labels') }} as labels
left join {{ identity_work_table('contested') }} as contested on labels.component = contested.component;

create or replace table {{ identity_work_table('links') }} as
with contested_edges as (
    select edges.*
    from {{ identity_work_table('edges') }} as edges
    inner join {{ identity_work_table('labels') }} as a on edges.node_a = a.node
    inner join {{ identity_work_table('labels') }} as b on edges.node_b = b.node
    inner join {{ identity_work_table('contested') }} as contested on a.component = contested.component
    where a.component = b.component
)

select node_a as source, node_b as target, match_bits as bits_for, against_bits as bits_against from contested_edges
union all
select node_b as source, node_a as target, match_bits as bits_for, against_bits as bits_against from contested_edges;

loop
    create or replace table {{ identity_work_table('sizes') }} as
    select
        cluster,
        countif(not starts_with(node, '#')) as record_count,
    from {{ identity_work_table('labels') }}
    where component in (select component from {{ identity_work_table('contested') }})
    group by cluster;

    create or replace table {{ identity_work_table('parents') }} as
    with best as (
        select
            links.source,
            links.target,
        from {{ identity_work_table('links') }} as links
        inner join {{ identity_work_table('sizes') }} as source_size on links.source = source_size.cluster
        inner join {{ identity_work_table('sizes') }} as target_size on links.target = target_size.cluster
        where
            links.bits_for + links.bits_against >= {{ identity_setting('link_bits') }}
            and source_size.record_count + target_size.record_count
            <= {{ identity_setting('max_records_per_cluster') }}
        qualify row_number() over (
            partition by links.source
            order by
                links.bits_for + links.bits_against desc,
                farm_fingerprint(concat(
                    least(links.source, links.target), ' ', greatest(links.source, links.target)
                )) asc,
                links.target asc
        ) = 1
    )

    select
        best.source as component,
        least(best.source, best.target) as parent,
    from best
    inner join best as answer on best.target = answer.source and best.source = answer.target;

    if not exists (select 1 from {{ identity_work_table('parents') }}) then
        leave;
    end if;

    create or replace table {{ identity_work_table('labels') }} as
    select
        labels.node,
        labels.component,
        coalesce(parents.parent, labels.cluster) as cluster,
    from {{ identity_work_table('labels') }} as labels
    left join {{ identity_work_table('parents') }} as parents on labels.cluster = parents.component;

    create or replace table {{ identity_work_table('links') }} as
    with moved as (
        select
            coalesce(source_parent.parent, links.source) as source,
            coalesce(target_parent.parent, links.target) as target,
            links.bits_for,
            links.bits_against,
        from {{ identity_work_table('links') }} as links
        left join {{ identity_work_table('parents') }} as source_parent
            on links.source = source_parent.component
        left join {{ identity_work_table('parents') }} as target_parent
            on links.target = target_parent.component
    )

    select
        source,
        target,
        max(bits_for) as bits_for,
        min(bits_against) as bits_against,
    from moved
    where source != target
    group by source, target;
end loop;
{%- endmacro %}
