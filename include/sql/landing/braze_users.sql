-- Profiles without an external id are nobody that another system knows: they are left out.
with
device_lists as (
    select
        _connection,
        user_id,
        parse_json(
            concat(
                '[',
                string_agg(
                    concat(
                        '{"device_id": ', to_json_string(device_id), ', "model": ', to_json_string(model),
                        ', "os": ', to_json_string(os), '}'
                    ),
                    ', ' order by device_id, model
                ),
                ']'
            )
        ) as devices,
        max(_fivetran_synced) as synced
    from devices
    group by _connection, user_id
),

purchase_counts as (
    select
        _connection,
        user_id,
        count(*) as purchase_count,
        max(_fivetran_synced) as synced
    from purchases
    group by _connection, user_id
),

last_sessions as (
    select
        _connection,
        user_id,
        max(time) as last_active_at,
        max(_fivetran_synced) as synced
    from sessions
    group by _connection, user_id
),

final as (
    select
        users.* except (_fivetran_synced),
        device_lists.devices,
        coalesce(purchase_counts.purchase_count, 0) as purchase_count,
        last_sessions.last_active_at,
        greatest(
            users._fivetran_synced,
            coalesce(device_lists.synced, users._fivetran_synced),
            coalesce(purchase_counts.synced, users._fivetran_synced),
            coalesce(last_sessions.synced, users._fivetran_synced)
        ) as _fivetran_synced
    from users
    left join device_lists on users.braze_id = device_lists.user_id and users._connection = device_lists._connection
    left join purchase_counts
        on users.braze_id = purchase_counts.user_id and users._connection = purchase_counts._connection
    left join last_sessions
        on users.braze_id = last_sessions.user_id and users._connection = last_sessions._connection
    where users.external_id is not null
)

select * from final
