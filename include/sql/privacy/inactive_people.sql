-- People of whom nothing was heard for so long, and with whom nothing is open; and people whose every record the
-- sources have deleted, who are no customers any more. Of whom no day is known stays.
with customers as (
    select * from `{{ project_id }}.{{ silver_dataset }}.customer_360`
),

built as (
    select max(as_of_date) as as_of_date from customers
),

-- A click is no record that a source could delete.
deleted as (
    select
        customer_id,
        max(updated_date) as last_date
    from `{{ project_id }}.{{ silver_dataset }}.identity_map`
    group by customer_id
    having logical_and(is_deleted or source = 'google_ads') and logical_or(is_deleted)
),

people as (
    select
        customer_id,
        coalesce(last_seen_date, first_seen_date) as last_date,
        date_sub(as_of_date, interval {{ inactive_months }} month) as limit_date
    from customers
    where open_tickets = 0 and open_opportunity_count = 0
    union all
    select
        deleted.customer_id,
        deleted.last_date,
        date_sub(built.as_of_date, interval {{ bronze_retention_days }} day) as limit_date
    from deleted
    cross join built
)

select customer_id
from people
where last_date < limit_date
