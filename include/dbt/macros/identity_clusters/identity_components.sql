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
