-- One row per event of a web session, on the day of its session.
with
last_page_views as (
    select
        _connection,
        user_pseudo_id,
        ga_session_id,
        max(hit_number) as hit_number
    from web_session_events
    where event_name = 'page_view'
    group by _connection, user_pseudo_id, ga_session_id
),

final as (
    select
        events._connection,
        events.session_day as date,
        events.user_pseudo_id as full_visitor_id,
        events.ga_session_id as visit_id,
        events.hit_number,
        timestamp_micros(events.event_timestamp) as hit_time,
        case events.event_name
            when 'page_view' then 'PAGE'
            when 'purchase' then 'TRANSACTION'
            else 'EVENT'
        end as type,
        coalesce(events.entrances = 1, false) as is_entrance,
        last_page_views.hit_number is not null as is_exit,
        events.page_title,
        coalesce(
            events.hostname, regexp_extract(events.page_location, r'^https?://([^/?#:]+)')
        ) as page_hostname,
        events.event_name as event_action,
        events.value as event_value,
        if(events.event_name = 'purchase', events.transaction_id, null) as transaction_id,
        if(events.event_name = 'purchase', events.purchase_revenue, null) as transaction_revenue,
        case events.event_name
            when 'view_item' then 'view'
            when 'add_to_cart' then 'add_to_cart'
            when 'begin_checkout' then 'checkout'
            when 'purchase' then 'purchase'
        end as ecommerce_action_type,
        events.event_params as custom_dimensions,
        coalesce(
            events._fivetran_synced,
            timestamp_sub(timestamp(date_add(events.session_day, interval 1 day)), interval 1 microsecond)
        ) as _fivetran_synced
    from web_session_events as events
    left join last_page_views
        on
            events._connection = last_page_views._connection
            and events.user_pseudo_id = last_page_views.user_pseudo_id
            and events.ga_session_id = last_page_views.ga_session_id
            and events.hit_number = last_page_views.hit_number
)

select * from final
