with tickets as (
    select * from {{ ref('unified_support_tickets') }}
    where customer_id is not null
),

as_of as (
    select * from {{ ref('int_customers__as_of') }}
),

final as (
    select
        tickets.customer_id,
        count(*) as tickets_total,
        countif({{ days_since('tickets.created_date', 'as_of.as_of_date') }} < 90) as tickets_90d,
        countif(tickets.is_open) as open_tickets,
        {{ rate("countif(tickets.satisfaction_score = 'good')", 'count(tickets.satisfaction_score)') }}
            as satisfaction_rate,
        {{ rate(exact_sum('tickets.resolution_hours'), 'count(tickets.resolution_hours)') }}
            as average_resolution_hours,
        max(tickets.created_date) as last_ticket_date
    from tickets
    cross join as_of
    group by tickets.customer_id
)

select * from final
