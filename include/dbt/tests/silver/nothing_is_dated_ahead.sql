{{ config(severity='warn') }}

-- Records that landed in the window and say that they happened later than that. Silver leaves them out until their
-- source corrects them; a won opportunity stays, with its day, and counts from that day on.
select
    'order' as record,
    cast(order_id as string) as id,
    coalesce(processed_at, created_at) as happened_at
from {{ ref('stg_shopify__orders') }}
where
    date(synced_at) between {{ window_start() }} and {{ window_end() }}
    and not is_deleted
    and {{ is_dated_ahead('coalesce(processed_at, created_at)') }}
union all
select
    'lead' as record,
    lead_id as id,
    created_at as happened_at
from {{ ref('stg_salesforce__leads') }}
where
    date(synced_at) between {{ window_start() }} and {{ window_end() }}
    and not is_deleted
    and {{ is_dated_ahead('created_at') }}
union all
select
    'ticket' as record,
    cast(ticket_id as string) as id,
    created_at as happened_at
from {{ ref('stg_zendesk__tickets') }}
where
    date(synced_at) between {{ window_start() }} and {{ window_end() }}
    and not is_deleted
    and {{ is_dated_ahead('created_at') }}
union all
select
    'won opportunity' as record,
    opportunity_id as id,
    timestamp(close_date) as happened_at
from {{ ref('stg_salesforce__opportunities') }}
where
    date(synced_at) between {{ window_start() }} and {{ window_end() }}
    and not is_deleted
    and is_won
    and {{ is_dated_ahead('timestamp(close_date)') }}
