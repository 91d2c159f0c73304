{%- set recent_start = recent_start() %}
{%- set counts = [
    'sessions_7d', 'sessions_30d', 'sessions_90d', 'app_sessions_30d', 'active_days_30d', 'pageviews_30d',
    'pageviews_90d', 'product_views_30d', 'add_to_carts_30d',
] %}

-- Sessions are read for what counts from the newest day; what was before is known by record.
with sessions as (
    select * from {{ ref('unified_sessions') }}
    where session_date >= {{ recent_start }} and customer_id is not null
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
        sessions.*,
        {{ days_since('sessions.session_date', 'as_of.as_of_date') }} as days_ago
    from sessions
    cross join as_of
),

devices as (
    select
        customer_id,
        device_category as preferred_device
    from dated
    where days_ago < 90 and device_category is not null
    group by customer_id, device_category
    qualify row_number() over (partition by customer_id order by count(*) desc, device_category) = 1
),

recent as (
    select
        customer_id,
        countif(days_ago < 7) as sessions_7d,
        countif(days_ago < 30) as sessions_30d,
        countif(days_ago < 90) as sessions_90d,
        countif(days_ago < 30 and platform = 'app') as app_sessions_30d,
        count(distinct if(days_ago < 30, session_date, null)) as active_days_30d,
        sum(if(days_ago < 30, pageviews, 0)) as pageviews_30d,
        sum(if(days_ago < 90, pageviews, 0)) as pageviews_90d,
        sum(if(days_ago < 30, product_views, 0)) as product_views_30d,
        sum(if(days_ago < 30, add_to_carts, 0)) as add_to_carts_30d,
        min(session_date) as first_session_date,
        max(session_date) as last_session_date
    from dated
    group by customer_id
),

long_ago as (
    select
        keys.customer_id,
        min(seen.first_session_date) as first_session_date,
        max(if(seen.last_session_date < {{ recent_start }}, seen.last_session_date, null)) as last_session_date
    from seen
    inner join keys on seen.identity_key = keys.identity_key
    where seen.first_session_date < {{ recent_start }}
    group by keys.customer_id
),

final as (
    select
        coalesce(recent.customer_id, long_ago.customer_id) as customer_id,
        {%- for count in counts %}
        coalesce(recent.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        coalesce(long_ago.first_session_date, recent.first_session_date) as first_session_date,
        coalesce(recent.last_session_date, long_ago.last_session_date) as last_session_date,
        devices.preferred_device
    from recent
    full outer join long_ago on recent.customer_id = long_ago.customer_id
    left join devices on recent.customer_id = devices.customer_id
)

select * from final
