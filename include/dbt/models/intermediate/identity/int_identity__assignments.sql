with records as (
    select * from {{ ref('int_identity__records') }}
),

clusters as (
    select * from {{ ref('int_identity__clusters') }}
),

edges as (
    select * from {{ ref('int_identity__edges') }}
),

-- The strongest edge that holds a record in its cluster says how it was matched.
node_edges as (
    select
        node_a as node,
        node_b as other_node,
        match_rule,
        match_probability
    from edges
    where is_link
    union all
    select
        node_b as node,
        node_a as other_node,
        match_rule,
        match_probability
    from edges
    where is_link
),

strongest_edges as (
    select
        node_edges.node as identity_key,
        node_edges.match_rule,
        node_edges.match_probability
    from node_edges
    inner join clusters on node_edges.node = clusters.node
    inner join clusters as other_clusters on node_edges.other_node = other_clusters.node
    where clusters.cluster_id = other_clusters.cluster_id
    qualify row_number() over (
        partition by node_edges.node order by node_edges.match_probability desc, node_edges.match_rule asc
    ) = 1
),

clustered as (
    select
        records.*,
        clusters.cluster_id,
        coalesce(date(records.created_at), records.first_seen_date) as born_date,
        coalesce(records.email_normalized, records.phone_normalized, records.last_name_normalized) is not null
            as is_identified,
        count(*) over (partition by clusters.cluster_id) as cluster_size
    from records
    inner join clusters on records.identity_key = clusters.node
),

-- A customer is named after its anchor: the record that was identified first. It depends on nothing but the
-- records themselves, so any order of runs gives the same ids, and later records never take over.
anchored as (
    select
        *,
        first_value(identity_key) over (
            partition by cluster_id
            order by is_identified desc, born_date is null asc, born_date asc, identity_key asc
        ) as anchor_identity_key
    from clustered
),

final as (
    select
        anchored.identity_key,
        anchored.source,
        anchored.source_entity,
        anchored.source_record_id,
        {{ identity_customer_id('anchored.anchor_identity_key') }} as customer_id,
        if(anchored.cluster_size = 1, 'single_record', strongest_edges.match_rule) as match_rule,
        if(anchored.cluster_size = 1, null, strongest_edges.match_probability) as match_probability,
        anchored.cluster_size,
        anchored.anchor_identity_key,
        {{ identity_customer_id('anchored.identity_key') }} as alias_customer_id,
        anchored.is_deleted,
        if(
            anchored.cluster_size = 1,
            anchored.first_seen_date,
            greatest(
                anchored.first_seen_date,
                nth_value(anchored.first_seen_date, 2) over (
                    partition by anchored.cluster_id
                    order by anchored.first_seen_date asc
                    rows between unbounded preceding and unbounded following
                )
            )
        ) as first_linked_date,
        max(coalesce(date(anchored.updated_at), anchored.last_seen_date)) over (
            partition by anchored.cluster_id
        ) as updated_date
    from anchored
    left join strongest_edges on anchored.identity_key = strongest_edges.identity_key
)

select * from final
