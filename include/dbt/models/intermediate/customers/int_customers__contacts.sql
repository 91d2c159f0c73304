{%- set recent_start = recent_start() %}

-- Contacts are read for what counts from the newest day; what was before is known by record.
with touchpoints as (
    select * from {{ ref('unified_touchpoints') }}
    where touchpoint_date >= {{ recent_start }} and customer_id is not null
),

seen as (
    select * from {{ ref('int_records__seen') }}
),

keys as (
    select * from {{ ref('int_customers__keys') }}
    where customer_id is not null
),

as_of as (
    select * from {{ ref('int_customers__as_of') }}
),

dated as (
    select
        touchpoints.*,
        {{ days_since('touchpoints.touchpoint_date', 'as_of.as_of_date') }} as days_ago
    from touchpoints
    cross join as_of
),

favourite_channels as (
    select
        customer_id,
        channel as preferred_channel
    from dated
    where days_ago < 90 and is_interaction and not is_direct
    group by customer_id, channel
    qualify row_number() over (partition by customer_id order by count(*) desc, channel) = 1
),

recent as (
    select
        customer_id,
        countif(days_ago < 90 and touchpoint_type = 'message_delivered') as messages_delivered_90d,
        countif(days_ago < 90 and touchpoint_type = 'message_opened') as messages_opened_90d,
        countif(days_ago < 90 and touchpoint_type = 'message_clicked') as messages_clicked_90d,
        max(if(is_interaction, touchpoint_date, null)) as last_interaction_date,
        min(if(is_interaction, touchpoint_date, null)) as first_interaction_date,
        -- What somebody merely received has not acquired them.
        array_agg(
            if(
                is_interaction,
                struct(channel as channel, source as source, campaign_name as campaign_name),
                null
            )
            ignore nulls
            order by touchpoint_at, touchpoint_id limit 1
        )[safe_offset(0)] as first_interaction
    from dated
    group by customer_id
),

long_ago as (
    select
        keys.customer_id,
        seen.first_interaction_date,
        seen.first_channel,
        seen.first_source,
        seen.first_campaign,
        max(if(seen.last_interaction_date < {{ recent_start }}, seen.last_interaction_date, null)) over (
            partition by keys.customer_id
        ) as last_interaction_date
    from seen
    inner join keys on seen.identity_key = keys.identity_key
    where seen.first_interaction_date < {{ recent_start }}
    qualify
        row_number() over (
            partition by keys.customer_id order by seen.first_interaction_at asc, seen.first_interaction_id asc
        ) = 1
),

contacts as (
    select
        coalesce(recent.customer_id, long_ago.customer_id) as customer_id,
        coalesce(recent.messages_delivered_90d, 0) as messages_delivered_90d,
        coalesce(recent.messages_opened_90d, 0) as messages_opened_90d,
        coalesce(recent.messages_clicked_90d, 0) as messages_clicked_90d,
        coalesce(recent.last_interaction_date, long_ago.last_interaction_date) as last_interaction_date,
        coalesce(long_ago.first_interaction_date, recent.first_interaction_date) as first_interaction_date,
        if(long_ago.customer_id is null, recent.first_interaction.channel, long_ago.first_channel) as first_channel,
        if(long_ago.customer_id is null, recent.first_interaction.source, long_ago.first_source) as first_source,
        if(long_ago.customer_id is null, recent.first_interaction.campaign_name, long_ago.first_campaign)
            as first_campaign
    from recent
    full outer join long_ago on recent.customer_id = long_ago.customer_id
),

final as (
    select
        contacts.*,
        favourite_channels.preferred_channel
    from contacts
    left join favourite_channels on contacts.customer_id = favourite_channels.customer_id
)

select * from final
