-- The message events of all channels, under the names that bronze has for them; other kinds of events do not land.
with
newest_campaigns as (
    select * from campaigns
    qualify row_number() over (partition by _connection, id order by updated_at desc, _fivetran_synced desc) = 1
),

newest_canvases as (
    select * from canvases
    qualify row_number() over (partition by _connection, id order by updated_at desc, name asc) = 1
),

newest_canvas_steps as (
    select * from canvas_steps
    qualify row_number() over (partition by _connection, id order by updated_at desc, name asc) = 1
),

-- These inputs have the same columns in the same order.
other_messages as (
    select
        'push' as channel,
        *
    from push_events
    union all
    select
        'sms' as channel,
        *
    from sms_events
    union all
    select
        'in_app' as channel,
        *
    from in_app_events
),

messages as (
    select
        'email' as channel,
        id,
        event_type,
        event_time,
        external_user_id,
        braze_id,
        campaign_id,
        canvas_id,
        canvas_step_id,
        message_variation_id,
        dispatch_id,
        _connection,
        _fivetran_synced,
        email_address,
        user_agent,
        machine_open
    from email_events
    union all
    select
        channel,
        id,
        event_type,
        event_time,
        external_user_id,
        braze_id,
        campaign_id,
        canvas_id,
        canvas_step_id,
        message_variation_id,
        dispatch_id,
        _connection,
        _fivetran_synced,
        cast(null as string) as email_address,
        cast(null as string) as user_agent,
        cast(null as bool) as machine_open
    from other_messages
),

named as (
    select
        * except (event_type),
        -- Send, or with its whole name users.messages.email.Send.
        case lower(regexp_extract(event_type, r'([A-Za-z]+)$'))
            when 'send' then 'sent'
            when 'delivery' then 'delivered'
            when 'open' then 'open'
            when 'impression' then 'open'
            when 'click' then 'click'
            when 'bounce' then 'bounce'
            when 'softbounce' then 'bounce'
            when 'unsubscribe' then 'unsubscribe'
        end as event_type
    from messages
    qualify row_number() over (partition by _connection, id order by _fivetran_synced desc) = 1
),

final as (
    select
        named.* except (canvas_step_id),
        date(named.event_time) as event_date,
        newest_campaigns.name as campaign_name,
        newest_canvases.name as canvas_name,
        newest_canvas_steps.name as canvas_step_name
    from named
    left join newest_campaigns
        on named.campaign_id = newest_campaigns.id and named._connection = newest_campaigns._connection
    left join newest_canvases
        on named.canvas_id = newest_canvases.id and named._connection = newest_canvases._connection
    left join newest_canvas_steps
        on named.canvas_step_id = newest_canvas_steps.id and named._connection = newest_canvas_steps._connection
    where named.event_type is not null
)

select * from final
