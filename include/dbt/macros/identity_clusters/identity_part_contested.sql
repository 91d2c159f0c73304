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

-- Each round joins all that can join, so few are needed; what is not joined after the last one stays apart.
for round in (select number from unnest(generate_array(1, {{ var('identity_max_parting_rounds') }})) as number) do
    create or replace table {{ identity_work_table('sizes') }} as
    select
        cluster,
        countif(not starts_with(node, '#')) as record_count,
    from {{ identity_work_table('labels') }}
    where component in (select component from {{ identity_work_table('contested') }})
    group by cluster;

    create or replace table {{ identity_work_table('parents') }} as
    with recursive best as (
        select
            links.source,
            links.target,
            links.bits_for + links.bits_against as bits,
            source_size.record_count,
        from {{ identity_work_table('links') }} as links
        inner join {{ identity_work_table('sizes') }} as source_size on links.source = source_size.cluster
        inner join {{ identity_work_table('sizes') }} as target_size on links.target = target_size.cluster
        where
            links.bits_for + links.bits_against >= {{ var('identity_link_bits') }}
            and source_size.record_count + target_size.record_count
            <= {{ var('identity_max_records_per_cluster') }}
        qualify row_number() over (
            partition by links.source
            order by
                links.bits_for + links.bits_against desc,
                farm_fingerprint(concat(
                    least(links.source, links.target), ' ', greatest(links.source, links.target)
                )) asc,
                links.target asc
        ) = 1
    ),

    -- Two that are each other's best.
    cores as (
        select
            best.source as component,
            least(best.source, best.target) as parent,
            best.bits,
            best.record_count,
        from best
        inner join best as answer on best.target = answer.source and best.source = answer.target
    ),

    suitors as (
        select best.*
        from best
        left join cores on best.source = cores.component
        where cores.component is null
    ),

    -- Whose best is one of such two, or leads to them by ever stronger links.
    trees as (
        select
            component,
            parent,
            bits,
            record_count,
            0 as depth,
            cast([] as array<string>) as path,
        from cores
        union all
        select
            suitors.source as component,
            trees.parent,
            suitors.bits,
            suitors.record_count,
            trees.depth + 1 as depth,
            array_concat(trees.path, [suitors.source]) as path,
        from trees
        inner join suitors on trees.component = suitors.target
    ),

    members as (
        select
            *,
            row_number() over (
                partition by parent order by bits desc, depth asc, farm_fingerprint(component), component
            ) as place,
        from trees
    ),

    -- The strongest link that leads out of a group. What is weaker waits, for what lies behind it may speak against it.
    ways_out as (
        select
            members.parent,
            max(links.bits_for + links.bits_against) as bits,
        from members
        inner join {{ identity_work_table('links') }} as links on members.component = links.source
        left join members as other on links.target = other.component and members.parent = other.parent
        where other.component is null
        group by members.parent
    ),

    -- Or so much speaks against it that the group would be no link.
    held_back as (
        select members.component
        from members
        inner join ways_out on members.parent = ways_out.parent
        where members.depth > 0 and members.bits < ways_out.bits
        union distinct
        select members.component
        from members
        inner join {{ identity_work_table('links') }} as links on members.component = links.source
        inner join members as earlier on links.target = earlier.component and members.parent = earlier.parent
        where members.depth > 0 and earlier.place < members.place
        group by members.component, members.bits
        having members.bits + min(links.bits_against) < {{ var('identity_link_bits') }}
    ),

    -- With who follows them.
    left_out as (
        select distinct members.component
        from members, unnest(members.path) as step
        inner join held_back on step = held_back.component
    )

    select
        members.component,
        members.parent,
    from members
    left join left_out on members.component = left_out.component
    where left_out.component is null
    qualify
        sum(members.record_count) over (partition by members.parent order by members.place)
        <= {{ var('identity_max_records_per_cluster') }};

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
end for;
{%- endmacro %}
