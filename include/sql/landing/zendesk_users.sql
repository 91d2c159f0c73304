with
tags as (
    select
        _connection,
        user_id,
        parse_json(
            concat('[', string_agg(distinct to_json_string(tag), ', ' order by to_json_string(tag)), ']')
        ) as tags,
        max(_fivetran_synced) as synced
    from user_tags
    group by _connection, user_id
),

final as (
    select
        users.* except (_fivetran_synced),
        tags.tags,
        greatest(users._fivetran_synced, coalesce(tags.synced, users._fivetran_synced)) as _fivetran_synced
    from users
    left join tags on users.id = tags.user_id and users._connection = tags._connection
)

select * from final
