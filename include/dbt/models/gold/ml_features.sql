{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'snapshot_date', 'data_type': 'date'},
    partitions=window_partitions(var('late_arrival_days'), last='day_after_window()'),
    partition_expiration_days=var('gold_retention_days'),
    require_partition_filter=true,
    cluster_by=['entity_type', 'entity_id'],
    labels={'layer': 'gold', 'domain': 'data_science', 'pii': 'false'},
) }}

-- Point in time: a snapshot sees what was dated before its day, by records that were linked before it: what was known
-- when the day began. It is rewritten while rows of the day before may still arrive late and final afterwards.

{%- set first_day = window_start(var('late_arrival_days')) %}
{%- set history = feature_history_days() %}

with daily as (
    select
        *,
        -- A day with a session, for the count of active days.
        cast(sessions > 0 as int64) as active_days
    from {{ ref('int_features__daily') }}
    where
        activity_date >= date_sub({{ first_day }}, interval {{ history }} day)
        and activity_date <= {{ window_end() }}
),

records as (
    select
        identity_key,
        source,
        customer_id,
        valid_from,
        lead(valid_from) over (partition by identity_key order by valid_from asc) as valid_to
    from {{ ref('int_features__links') }}
),

leads as (
    select
        lead_id,
        identity_key,
        created_date
    from {{ ref('unified_leads') }}
    where
        created_date >= date_sub({{ first_day }}, interval {{ history }} day)
        and created_date <= {{ window_end() }}
),

snapshots as (
    select
        snapshot_date,
        date_sub(snapshot_date, interval 1 day) as last_day
    from unnest(generate_date_array({{ first_day }}, {{ day_after_window() }})) as snapshot_date
),

lead_customers as (
    select
        leads.lead_id,
        leads.created_date,
        records.customer_id,
        records.valid_from,
        records.valid_to
    from leads
    inner join records on leads.identity_key = records.identity_key
),

-- The records that make up an entity, and from which day on and until which day (excluded) they do.
entity_records as (
    select
        'customer' as entity_type,
        customer_id as entity_id,
        identity_key,
        source,
        valid_from as known_from,
        coalesce(valid_to, date '9999-12-31') as known_to,
        cast(null as date) as lead_created_date
    from records
    where not {{ objects_to('profiling', 'customer_id') | indent(4) }}
    union all
    select
        'lead' as entity_type,
        lead_customers.lead_id as entity_id,
        records.identity_key,
        records.source,
        greatest(records.valid_from, lead_customers.valid_from, lead_customers.created_date) as known_from,
        least(
            coalesce(records.valid_to, date '9999-12-31'), coalesce(lead_customers.valid_to, date '9999-12-31')
        ) as known_to,
        lead_customers.created_date as lead_created_date
    from lead_customers
    inner join records on lead_customers.customer_id = records.customer_id
    where not {{ objects_to('profiling', 'lead_customers.customer_id') | indent(4) }}
),

entity_snapshots as (
    select
        entity_records.entity_type,
        entity_records.entity_id,
        snapshots.snapshot_date,
        count(*) as record_count,
        count(distinct entity_records.source) as source_count,
        date_diff(max(snapshots.last_day), max(entity_records.lead_created_date), day) as lead_age_days
    from entity_records
    inner join snapshots
        on
            entity_records.known_from <= snapshots.last_day
            and entity_records.known_to > snapshots.last_day
    group by entity_records.entity_type, entity_records.entity_id, snapshots.snapshot_date
),

-- One row per entity, snapshot and day of activity: two records of a person may have been active on one day.
entity_days as (
    select
        entity_records.entity_type,
        entity_records.entity_id,
        snapshots.snapshot_date,
        date_diff(snapshots.last_day, daily.activity_date, day) as days_ago,
        max(daily.active_days) as active_days,
        {%- for measure in feature_windows() if measure != 'active_days' %}
        sum(daily.{{ measure }}) as {{ measure }},
        {%- endfor %}
        sum(daily.gross_revenue) as gross_revenue,
        sum(daily.discounts) as discounts
    from entity_records
    inner join daily on entity_records.identity_key = daily.identity_key
    inner join snapshots
        on
            entity_records.known_from <= snapshots.last_day
            and entity_records.known_to > snapshots.last_day
            and daily.activity_date <= snapshots.last_day
            and daily.activity_date > date_sub(snapshots.last_day, interval {{ history }} day)
    group by entity_records.entity_type, entity_records.entity_id, snapshots.snapshot_date, days_ago
),

aggregated as (
    select
        entity_type,
        entity_id,
        snapshot_date,
        {%- for measure, windows in feature_windows().items() %}
        {%- for days in windows %}
        sum(if(days_ago < {{ days }}, {{ measure }}, 0)) as {{ measure }}_{{ days }}d,
        {%- endfor %}
        {%- endfor %}
        {%- for days in [30, 90, 365] %}
        sum(if(days_ago < {{ days }}, gross_revenue - discounts, 0)) as booked_revenue_{{ days }}d,
        {%- endfor %}
        sum(gross_revenue) as gross_revenue_365d,
        sum(discounts) as discounts_365d,
        sum(if(days_ago >= 30 and days_ago < 60, sessions, 0)) as sessions_before_30d,
        sum(if(days_ago >= 90 and days_ago < 180, gross_revenue - discounts, 0)) as booked_revenue_before_90d,
        min(if(sessions > 0, days_ago, null)) as days_since_last_session,
        min(if(placed_orders > 0, days_ago, null)) as days_since_last_placed_order,
        min(if(messages_opened + messages_clicked > 0, days_ago, null)) as days_since_last_message_interaction,
        min(if(tickets > 0, days_ago, null)) as days_since_last_ticket,
        max(days_ago) as days_since_first_activity
    from entity_days
    group by entity_type, entity_id, snapshot_date
),

final as (
    select
        aggregated.entity_type,
        aggregated.entity_id,
        aggregated.snapshot_date,
        {%- for measure, windows in feature_windows().items() %}
        {%- for days in windows %}
        aggregated.{{ measure }}_{{ days }}d,
        {%- endfor %}
        {%- endfor %}
        aggregated.booked_revenue_30d,
        aggregated.booked_revenue_90d,
        aggregated.booked_revenue_365d,
        aggregated.discounts_365d,
        {{ rate('aggregated.booked_revenue_365d', 'aggregated.placed_orders_365d') }} as booked_order_value_365d,
        {{ rate('aggregated.discounts_365d', 'aggregated.gross_revenue_365d') }} as discount_rate_365d,
        {{ rate('aggregated.bounced_sessions_90d', 'aggregated.sessions_90d') }} as bounce_rate_90d,
        {{ rate('aggregated.pageviews_90d', 'aggregated.sessions_90d') }} as pages_per_session_90d,
        {{ rate('aggregated.messages_opened_90d', 'aggregated.messages_delivered_90d') }} as open_rate_90d,
        {{ rate('aggregated.messages_clicked_90d', 'aggregated.messages_delivered_90d') }} as click_rate_90d,
        {{ rate('aggregated.add_to_carts_90d', 'aggregated.product_views_90d') }} as cart_rate_90d,
        {{ rate('aggregated.sessions_30d', 'aggregated.sessions_before_30d') }} as session_trend_30d,
        {{ rate('aggregated.booked_revenue_90d', 'aggregated.booked_revenue_before_90d') }} as booked_revenue_trend_90d,
        aggregated.days_since_last_session,
        aggregated.days_since_last_placed_order,
        aggregated.days_since_last_message_interaction,
        aggregated.days_since_last_ticket,
        aggregated.days_since_first_activity,
        entity_snapshots.record_count,
        entity_snapshots.source_count,
        entity_snapshots.lead_age_days
    from aggregated
    inner join entity_snapshots
        on
            aggregated.entity_type = entity_snapshots.entity_type
            and aggregated.entity_id = entity_snapshots.entity_id
            and aggregated.snapshot_date = entity_snapshots.snapshot_date
)

select * from final
