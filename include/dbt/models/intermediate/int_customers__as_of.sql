with days as (
    select max(session_date) as day from {{ ref('unified_sessions') }}
    union all
    select max(touchpoint_date) as day from {{ ref('unified_touchpoints') }}
    union all
    -- A won opportunity may be dated ahead; an order may not.
    select max(transaction_date) as day
    from {{ ref('unified_transactions') }}
    where transaction_type = 'order'
    union all
    select max(created_date) as day from {{ ref('unified_leads') }}
    union all
    select max(created_date) as day from {{ ref('unified_support_tickets') }}
),

final as (
    select max(day) as as_of_date
    from days
)

select * from final
