with customers as (
    select distinct customer_id from {{ ref('int_customers__keys') }}
    where customer_id is not null
),

as_of as (
    select * from {{ ref('int_customers__as_of') }}
),

profiles as (
    select * from {{ ref('int_customers__profiles') }}
),

revenue as (
    select * except (first_conversion_date, first_conversion_id) from {{ ref('int_customers__revenue') }}
),

activity as (
    select * from {{ ref('int_customers__activity') }}
),

contacts as (
    select * from {{ ref('int_customers__contacts') }}
),

support as (
    select * from {{ ref('int_customers__support') }}
),

sales as (
    select * from {{ ref('int_customers__sales') }}
),

joined as (
    select
        customers.customer_id,
        as_of.as_of_date,
        profiles.* except (customer_id),
        revenue.* except (customer_id),
        activity.* except (customer_id),
        contacts.* except (customer_id),
        support.* except (customer_id),
        sales.* except (customer_id),
        (
            select min(day)
            from unnest([
                profiles.first_record_date,
                activity.first_session_date,
                contacts.first_interaction_date,
                revenue.first_order_date
            ]) as day
        ) as first_seen_date,
        (
            select max(day)
            from
                unnest([
                    activity.last_session_date,
                    contacts.last_interaction_date,
                    revenue.last_order_date,
                    support.last_ticket_date,
                    sales.last_lead_date
                ]) as day
            -- A record may be dated ahead.
            where day <= as_of.as_of_date
        ) as last_seen_date
    from customers
    cross join as_of
    left join profiles on customers.customer_id = profiles.customer_id
    left join revenue on customers.customer_id = revenue.customer_id
    left join activity on customers.customer_id = activity.customer_id
    left join contacts on customers.customer_id = contacts.customer_id
    left join support on customers.customer_id = support.customer_id
    left join sales on customers.customer_id = sales.customer_id
),

final as (
    select
        *,
        {{ days_since('last_seen_date') }} as days_since_last_seen,
        {{ days_since('last_order_date') }} as days_since_last_order,
        {{ days_since('last_session_date') }} as days_since_last_session,
        coalesce(last_name, first_name, email, phone) is not null as is_identified
    from joined
)

select * from final
