{#- A table beside the model that a script of the model works in. Scripts of a dbt run share no session, so
    it cannot be a temporary one; it goes with the next `identity_drop_work_tables`. -#}
{% macro identity_work_table(name) -%}
    {{ return(api.Relation.create(
        database=this.database, schema=this.schema, identifier=this.identifier ~ '_' ~ name, type='table'
    )) }}
{%- endmacro %}

{% macro identity_drop_work_tables(names) -%}
    {%- for name in names %}
drop table if exists {{ identity_work_table(name) }};
    {%- endfor %}
{%- endmacro %}

{#- A GoogleSQL script that labels the connected components of an undirected graph, to convergence.

    Each round every component that still has a link joins its smallest neighbour. Such choices form trees
    that end in a pair choosing each other, so the smaller of the pair becomes the root, and pointer jumping
    (a parent becomes its parent's parent) flattens the trees. Every component joins another in each round, so their
    number at least halves: at most log2(n) rounds of at most log2(depth) jumps, however long a chain is.

    Runs as a model's pre-hook and writes the model's work table `labels` (node, component).
    `nodes` and `links` are queries that give `node`, and `node_a`, `node_b`. -#}
{% macro identity_components(nodes, links) -%}
create or replace table {{ identity_work_table('labels') }} as
select
    node,
    node as component,
from ({{ nodes }});

create or replace table {{ identity_work_table('links') }} as
select distinct
    source,
    target,
from (
    select node_a as source, node_b as target from ({{ links }})
    union all
    select node_b as source, node_a as target from ({{ links }})
)
where source != target;

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
