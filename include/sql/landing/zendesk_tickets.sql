-- Zendesk's metrics of a ticket, from the history of its fields and from its public comments.
with
statuses as (
    select
        _connection,
        ticket_id,
        value,
        updated,
        lag(value) over (partition by _connection, ticket_id order by updated, _fivetran_synced, value) as before
    from field_history
    where field_name = 'status'
),

solved as (
    select
        _connection,
        ticket_id,
        min(if(value = 'solved', updated, null)) as first_solved_at,
        max(if(value = 'solved', updated, null)) as last_solved_at,
        countif(before in ('solved', 'closed') and value in ('new', 'open', 'pending', 'hold')) as reopens
    from statuses
    group by _connection, ticket_id
),

scores as (
    select
        _connection,
        ticket_id,
        value
    from field_history
    where field_name = 'satisfaction_score'
    qualify
        row_number() over (
            partition by _connection, ticket_id order by updated desc, _fivetran_synced desc, value asc
        ) = 1
),

history as (
    select
        _connection,
        ticket_id,
        max(_fivetran_synced) as synced
    from field_history
    group by _connection, ticket_id
),

agents as (
    select
        _connection,
        id
    from users
    where role in ('agent', 'admin')
),

replies as (
    select
        comments._connection,
        comments.ticket_id,
        min(if(agents.id is not null and comments.is_public, comments.created, null)) as first_reply_at,
        countif(agents.id is not null and comments.is_public) as replies,
        max(comments._fivetran_synced) as synced
    from comments
    left join agents on comments.user_id = agents.id and comments._connection = agents._connection
    group by comments._connection, comments.ticket_id
),

tags as (
    select
        _connection,
        ticket_id,
        parse_json(
            concat('[', string_agg(distinct to_json_string(tag), ', ' order by to_json_string(tag)), ']')
        ) as tags,
        max(_fivetran_synced) as synced
    from ticket_tags
    group by _connection, ticket_id
),

final as (
    select
        tickets.* except (_fivetran_synced, _fivetran_deleted),
        tags.tags,
        scores.value as satisfaction_rating_score,
        timestamp_diff(replies.first_reply_at, tickets.created_at, minute) as reply_time_in_minutes,
        timestamp_diff(solved.first_solved_at, tickets.created_at, minute) as first_resolution_time_in_minutes,
        timestamp_diff(solved.last_solved_at, tickets.created_at, minute) as full_resolution_time_in_minutes,
        coalesce(solved.reopens, 0) as reopens,
        coalesce(replies.replies, 0) as replies,
        solved.last_solved_at as solved_at,
        -- Zendesk keeps a deleted ticket with a status of its own.
        coalesce(tickets._fivetran_deleted, false) or tickets.status = 'deleted' as _fivetran_deleted,
        greatest(
            tickets._fivetran_synced,
            coalesce(history.synced, tickets._fivetran_synced),
            coalesce(replies.synced, tickets._fivetran_synced),
            coalesce(tags.synced, tickets._fivetran_synced)
        ) as _fivetran_synced
    from tickets
    left join solved on tickets.id = solved.ticket_id and tickets._connection = solved._connection
    left join scores on tickets.id = scores.ticket_id and tickets._connection = scores._connection
    left join history on tickets.id = history.ticket_id and tickets._connection = history._connection
    left join replies on tickets.id = replies.ticket_id and tickets._connection = replies._connection
    left join tags on tickets.id = tags.ticket_id and tickets._connection = tags._connection
)

select * from final
