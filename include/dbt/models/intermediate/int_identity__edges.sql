with records as (
    select * from {{ ref('int_identity__records') }}
),

identifiers as (
    select * from {{ ref('int_identity__identifiers') }}
    where exclusion_reason is null and record_count > 1
),

-- A record links to the identifier it carries, so an identifier of n records costs n edges, not n².
identifier_edges as (
    select
        identity_key as node_a,
        concat('#', identifier_type, ':', identifier_value) as node_b,
        concat('same_', identifier_type) as match_rule,
        1.0 as match_probability,
    from identifiers
),

-- Links the sources state themselves, such as a lead and the contact it was converted to.
stated_edges as (
    select distinct
        records.identity_key as node_a,
        linked.identity_key as node_b,
        'stated_by_source' as match_rule,
        1.0 as match_probability,
    from records, unnest(records.linked_identity_keys) as linked_key
    inner join records as linked on linked_key = linked.identity_key
    where records.identity_key != linked.identity_key
),

final as (
    select * from identifier_edges
    union all
    select * from stated_edges
)

select * from final
