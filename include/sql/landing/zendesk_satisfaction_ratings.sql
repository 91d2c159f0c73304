-- A ticket has one rating, whose words and score are fields of the ticket: its id is the ticket's.
with
rating_fields as (
    select
        _connection,
        ticket_id,
        field_name,
        value,
        updated,
        _fivetran_synced,
        row_number() over (
            partition by _connection, ticket_id, field_name order by updated desc, _fivetran_synced desc, value asc
        ) as newest_first
    from field_history
    where field_name in ('satisfaction_score', 'satisfaction_comment', 'satisfaction_reason_code')
),

ratings as (
    select
        _connection,
        ticket_id,
        max(if(field_name = 'satisfaction_score' and newest_first = 1, value, null)) as score,
        max(if(field_name = 'satisfaction_comment' and newest_first = 1, value, null)) as comment,
        max(if(field_name = 'satisfaction_reason_code' and newest_first = 1, value, null)) as reason,
        min(updated) as created_at,
        max(updated) as updated_at,
        max(_fivetran_synced) as _fivetran_synced
    from rating_fields
    group by _connection, ticket_id
),

final as (
    select
        ratings._connection,
        ratings.ticket_id as id,
        ratings.ticket_id,
        tickets.requester_id,
        tickets.assignee_id,
        tickets.group_id,
        ratings.score,
        ratings.comment,
        ratings.reason,
        ratings.created_at,
        ratings.updated_at,
        ratings._fivetran_synced
    from ratings
    left join tickets on ratings.ticket_id = tickets.id and ratings._connection = tickets._connection
)

select * from final
