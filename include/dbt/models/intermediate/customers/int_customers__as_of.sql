with records as (
    -- A won opportunity may be dated ahead; an order may not.
    select transaction_date as day
    from {{ ref('unified_transactions') }}
    where transaction_date >= {{ window_start(var('silent_days')) }} and transaction_type = 'order'
    union all
    select created_date as day
    from {{ ref('unified_leads') }}
    where created_date >= {{ window_start(var('silent_days')) }}
    union all
    select created_date as day
    from {{ ref('unified_support_tickets') }}
    where created_date >= {{ window_start(var('silent_days')) }}
),

events as (
    select max(session_date) as day
    from {{ ref('unified_sessions') }}
    where session_date >= {{ window_start(var('silent_days')) }}
    union all
    select max(touchpoint_date) as day
    from {{ ref('unified_touchpoints') }}
    where touchpoint_date >= {{ window_start(var('silent_days')) }}
),

-- Days on which something landed: a record may be dated years ahead.
landed as (
    select max(date(synced_at)) as day from {{ ref('stg_shopify__orders') }}
    union all
    select max(date(synced_at)) as day from {{ ref('stg_salesforce__leads') }}
    union all
    select max(date(synced_at)) as day from {{ ref('stg_zendesk__tickets') }}
    union all
    select day from events
),

newest as (
    select max(day) as day from landed
),

days as (
    select records.day
    from records
    cross join newest
    where records.day <= newest.day
    union all
    select day from events
),

final as (
    -- Where every source has been silent for so long, states count from the day that was asked for.
    select coalesce(max(day), {{ window_end() }}) as as_of_date
    from days
)

select * from final
