with days as (
    select max(session_date) as day
    from {{ ref('unified_sessions') }}
    where session_date >= {{ window_start(var('silent_days')) }}
    union all
    select max(touchpoint_date) as day
    from {{ ref('unified_touchpoints') }}
    where touchpoint_date >= {{ window_start(var('silent_days')) }}
    union all
    -- A won opportunity may be dated ahead; an order may not.
    select max(transaction_date) as day
    from {{ ref('unified_transactions') }}
    where transaction_date >= {{ window_start(var('silent_days')) }} and transaction_type = 'order'
    union all
    select max(created_date) as day
    from {{ ref('unified_leads') }}
    where created_date >= {{ window_start(var('silent_days')) }}
    union all
    select max(created_date) as day
    from {{ ref('unified_support_tickets') }}
    where created_date >= {{ window_start(var('silent_days')) }}
),

final as (
    -- Where every source has been silent for so long, states count from the day that was asked for.
    select coalesce(max(day), {{ window_end() }}) as as_of_date
    from days
)

select * from final
