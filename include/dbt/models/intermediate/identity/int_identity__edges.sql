with records as (
    select * from {{ ref('int_identity__records') }}
),

identifiers as (
    select * from {{ ref('int_identity__identifiers') }}
    where exclusion_reason is null and record_count > 1 and identifier_type in ('user_id', 'device', 'gclid')
),

features as (
    select * from {{ ref('int_identity__features') }}
),

scores as (
    select * from {{ ref('int_identity__scores') }}
),

decisions as (
    select * from {{ ref('int_identity__decisions') }}
    where is_in_force
),

-- A record links to the identifier it carries, so an identifier of n records costs n edges, not n².
identifier_edges as (
    select
        identity_key as node_a,
        concat('#', identifier_type, ':', identifier_value) as node_b,
        concat('same_', identifier_type) as match_rule,
        cast(null as string) as evidence,
        case identifier_type
            when 'user_id' then {{ var('identity_rule_bits').same_user_id }}
            when 'device' then {{ var('identity_rule_bits').same_device }}
            when 'gclid' then {{ var('identity_rule_bits').same_gclid }}
        end as match_bits,
        0 as against_bits
    from identifiers
),

-- Of records that say the same, one is compared for all.
profile_edges as (
    select
        identity_key as node_a,
        concat('#profile:', profile) as node_b,
        'same_values' as match_rule,
        cast(null as string) as evidence,
        {{ var('identity_rule_bits').same_values }} as match_bits,
        0 as against_bits
    from features
    where profile is not null
    qualify count(*) over (partition by profile) > 1
),

-- A record that is said to be several people is a place to put them, such as one contact for all leads of a fair.
stated_for_one as (
    select linked_key as identity_key
    from records, unnest(linked_identity_keys) as linked_key
    group by linked_key
    having {{ identity_people() }} <= {{ var('identity_max_people_per_value') }}
),

-- Links the sources state themselves, such as a lead and the contact it was converted to.
stated_edges as (
    select distinct
        least(records.identity_key, linked.identity_key) as node_a,
        greatest(records.identity_key, linked.identity_key) as node_b,
        'stated_by_source' as match_rule,
        cast(null as string) as evidence,
        {{ var('identity_rule_bits').stated_by_source }} as match_bits,
        0 as against_bits
    from records, unnest(records.linked_identity_keys) as linked_key
    inner join stated_for_one on linked_key = stated_for_one.identity_key
    inner join records as linked on stated_for_one.identity_key = linked.identity_key
    where records.identity_key != linked.identity_key
),

-- Pairs that are no link are kept as well: they hold clusters apart.
scored_edges as (
    select
        identity_key_a as node_a,
        identity_key_b as node_b,
        match_rule,
        evidence,
        match_bits,
        against_bits
    from scores
),

-- What people have decided outweighs all evidence together: who must not be one is none, however they are joined.
decided_edges as (
    select
        decisions.identity_key_a as node_a,
        decisions.identity_key_b as node_b,
        'decided' as match_rule,
        cast(null as string) as evidence,
        if(decisions.decision = 'same_person', 1, -1) * {{ var('identity_rule_bits').decided }} as match_bits,
        if(decisions.decision = 'same_person', 0, -{{ var('identity_rule_bits').decided }}) as against_bits
    from decisions
    inner join records as a on decisions.identity_key_a = a.identity_key
    inner join records as b on decisions.identity_key_b = b.identity_key
),

all_edges as (
    select * from identifier_edges
    union all
    select * from profile_edges
    union all
    select * from stated_edges
    union all
    select * from scored_edges
    union all
    select * from decided_edges
),

-- One edge per pair of nodes: a decision beats everything, and what identifies what resembles.
final as (
    select
        *,
        {{ identity_probability('match_bits') }} as match_probability,
        match_bits >= {{ var('identity_link_bits') }} as is_link
    from all_edges
    where true
    qualify row_number() over (
        partition by node_a, node_b
        order by match_rule = 'decided' desc, match_rule = 'stated_by_source' desc, abs(match_bits) desc, match_rule asc
    ) = 1
)

select * from final
