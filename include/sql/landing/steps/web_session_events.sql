-- The events of web sessions, numbered. A session belongs to the day on which it starts and is read to the end of the
-- next one: so it has the same events whichever days land together.
with
web_events as (
    select
        *,
        min(day) over (partition by _connection, user_pseudo_id, ga_session_id) as session_day
    from events
    -- Without consent an event has no id of the browser, and can be in no session.
    where upper(platform) = 'WEB' and user_pseudo_id is not null and ga_session_id is not null
),

web_session_events as (
    select
        *,
        row_number() over (
            partition by _connection, user_pseudo_id, ga_session_id
            order by
                event_timestamp, event_bundle_sequence_id, batch_event_index, event_name, page_location,
                to_json_string(event_params)
        ) as hit_number
    from web_events
    where day <= date_add(session_day, interval 1 day)
)

select * from web_session_events
