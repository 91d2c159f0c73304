-- Written by `make ddl` from include/dbt/models/silver/customer_timeline.sql and its YAML; do not edit.
create or replace view `{{ project_id }}.{{ silver_dataset }}.customer_timeline`
options (
    description = 'What customers did and received, order by event_at; one row per event (event_id)',
    labels = [('domain', 'customer'), ('layer', 'silver'), ('pii', 'true')]
) as
select
    customer_id,
    session_start_at as event_at,
    session_date as event_date,
    'session' as event_type,
    session_id as event_id,
    channel,
    campaign_name,
    landing_page as detail,
    revenue as amount
from `{{ project_id }}.{{ silver_dataset }}.unified_sessions`
where customer_id is not null
union all
-- Session starts are in the sessions already.
select
    customer_id,
    touchpoint_at as event_at,
    touchpoint_date as event_date,
    touchpoint_type as event_type,
    touchpoint_id as event_id,
    channel,
    campaign_name,
    platform as detail,
    cast(null as numeric) as amount
from `{{ project_id }}.{{ silver_dataset }}.unified_touchpoints`
where customer_id is not null and touchpoint_type != 'session_start'
union all
select
    customer_id,
    transaction_at as event_at,
    transaction_date as event_date,
    transaction_type as event_type,
    transaction_id as event_id,
    channel,
    campaign_name,
    order_number as detail,
    net_revenue as amount
from `{{ project_id }}.{{ silver_dataset }}.unified_transactions`
where customer_id is not null
union all
select
    customer_id,
    created_at as event_at,
    created_date as event_date,
    'ticket' as event_type,
    concat('zendesk:', ticket_id) as event_id,
    cast(null as string) as channel,
    cast(null as string) as campaign_name,
    status as detail,
    cast(null as numeric) as amount
from `{{ project_id }}.{{ silver_dataset }}.unified_support_tickets`
where customer_id is not null;
