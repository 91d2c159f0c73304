with touchpoints as (
    select * from {{ ref('unified_touchpoints') }}
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

contacts as (
    select
        customer_id,
        countif(days_ago < 90 and touchpoint_type = 'message_delivered') as messages_delivered_90d,
        countif(days_ago < 90 and touchpoint_type = 'message_opened') as messages_opened_90d,
        countif(days_ago < 90 and touchpoint_type = 'message_clicked') as messages_clicked_90d,
        min(if(is_interaction, touchpoint_date, null)) as first_interaction_date,
        max(if(is_interaction, touchpoint_date, null)) as last_interaction_date,
        -- What somebody merely received has not acquired them.
        array_agg(
            struct(
                channel as channel,
                source as source,
                campaign_name as campaign_name,
                is_interaction as is_interaction
            )
            order by not is_interaction, touchpoint_at, touchpoint_id limit 1
        )[safe_offset(0)] as first_touch
    from dated
    group by customer_id
),

final as (
    select
        contacts.customer_id,
        contacts.messages_delivered_90d,
        contacts.messages_opened_90d,
        contacts.messages_clicked_90d,
        contacts.first_interaction_date,
        contacts.last_interaction_date,
        if(contacts.first_touch.is_interaction, contacts.first_touch.channel, null) as first_channel,
        if(contacts.first_touch.is_interaction, contacts.first_touch.source, null) as first_source,
        if(contacts.first_touch.is_interaction, contacts.first_touch.campaign_name, null) as first_campaign,
        favourite_channels.preferred_channel
    from contacts
    left join favourite_channels on contacts.customer_id = favourite_channels.customer_id
)

select * from final
