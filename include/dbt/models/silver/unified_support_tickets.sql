{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key='ticket_id',
        partition_by={'field': 'created_date', 'data_type': 'date', 'granularity': 'month'},
        cluster_by=['customer_id', 'status'],
        labels={'layer': 'silver', 'domain': 'support', 'pii': 'true'},
        post_hook=[
            "{{ delete_withdrawn('ticket_id', [(ref('stg_zendesk__tickets'), 'ticket_id', 'is_deleted or ' ~ is_dated_ahead('created_at'))]) }}",
            "{{ restamp_customer_id() }}",
        ],
    )
}}

-- No partition expiry: a record changes for as long as it lives, and lifetime totals would shrink.

with all_ratings as (
    select * from {{ ref('stg_zendesk__satisfaction_ratings') }}
),

-- A ticket changes with its rating.
tickets as (
    select *
    from {{ ref('stg_zendesk__tickets') }}
    where
        not is_deleted
        and created_at is not null
        and not {{ is_dated_ahead('created_at') }}
        and (
            {{ changed_in_window() }}
            or ticket_id in (
                select all_ratings.ticket_id from all_ratings
                where {{ changed_in_window() }}
            )
        )
),

ratings as (
    select *
    from all_ratings
    where score in ('good', 'bad') and not is_deleted
    qualify
        row_number() over (
            partition by ticket_id order by coalesce(updated_at, created_at) desc, satisfaction_rating_id desc
        ) = 1
),

keys as (
    select * from {{ ref('int_customers__keys') }}
),

final as (
    select
        tickets.ticket_id,
        keys.customer_id,
        {{ identity_key('zendesk', 'user', 'tickets.requester_id') }} as identity_key,
        tickets.ticket_status as status,
        tickets.priority,
        tickets.ticket_type,
        tickets.channel as contact_channel,
        tickets.ticket_status not in ('solved', 'closed') as is_open,
        tickets.created_at,
        date(tickets.created_at) as created_date,
        tickets.first_reply_minutes,
        coalesce(tickets.reopen_count, 0) as reopen_count,
        tickets.solved_at,
        timestamp_diff(tickets.solved_at, tickets.created_at, minute) / 60 as resolution_hours,
        coalesce(
            ratings.score, if(tickets.satisfaction_score in ('good', 'bad'), tickets.satisfaction_score, null)
        ) as satisfaction_score,
        coalesce(ratings.comment, '') != '' as has_satisfaction_comment,
        coalesce(ratings.updated_at, ratings.created_at) as rated_at,
        greatest(
            coalesce(tickets.updated_at, tickets.created_at),
            coalesce(ratings.updated_at, ratings.created_at, tickets.updated_at, tickets.created_at)
        ) as updated_at
    from tickets
    left join ratings on tickets.ticket_id = ratings.ticket_id
    left join keys on {{ identity_key('zendesk', 'user', 'tickets.requester_id') }} = keys.identity_key
    where tickets.ticket_status is not null
)

select * from final
