{% macro identity_records_of_ga360() -%}
    {%- set sorted_ids = 'array(select distinct device_id from unnest(device_ids) as device_id order by device_id)' -%}
changed_visitors as (
    select distinct full_visitor_id
    from sessions
    where {{ changed_in_window('session_date', var('late_arrival_days')) }}
),

visits as (
    select
        full_visitor_id,
        user_id,
        client_id,
        gclid,
        city,
        country,
        started_at,
        session_date,
        false as is_shared
    from sessions
    {%- if is_incremental() %}
    union all
    select
        known_records.source_record_id as full_visitor_id,
        known_records.user_id,
        device_id as client_id,
        gclid,
        known_records.city,
        known_records.country,
        known_records.created_at as started_at,
        known_records.first_seen_date as session_date,
        -- Only a browser that is nobody's has no device, not even itself.
        array_length(known_records.device_ids) = 0 as is_shared
    from known_records
    left join unnest(known_records.device_ids) as device_id
    left join unnest(known_records.gclids) as gclid
    where
        known_records.source = 'ga360'
        and known_records.first_seen_date < {{ recent_start() }}
    {%- endif %}
),

-- One row per browser, from all its sessions. A browser on which several people logged in is nobody's.
visitors as (
    select
        visits.full_visitor_id,
        count(distinct visits.user_id) > 1 or logical_or(visits.is_shared) as is_shared,
        max(visits.user_id) as user_id,
        array_concat(
            [visits.full_visitor_id],
            coalesce(array_agg(distinct visits.client_id ignore nulls order by visits.client_id), [])
        ) as device_ids,
        array_agg(distinct visits.gclid ignore nulls order by visits.gclid) as gclids,
        {{ latest('visits.city', 'visits.started_at') }} as city,
        {{ latest('visits.country', 'visits.started_at') }} as country,
        min(visits.started_at) as first_started_at,
        max(visits.started_at) as last_started_at,
        min(visits.session_date) as first_session_date,
        max(visits.session_date) as last_session_date
    from visits
    inner join changed_visitors on visits.full_visitor_id = changed_visitors.full_visitor_id
    group by visits.full_visitor_id
),

visitor_records as (
    select
        {{ identity_record('ga360:visitor', 'full_visitor_id', {
            'city': 'city',
            'country': 'country',
            'user_id': 'if(is_shared, null, user_id)',
            'device_ids': 'if(is_shared, [], ' ~ sorted_ids ~ ')',
            'gclids': 'if(is_shared, [], coalesce(gclids, []))',
            'linked_identity_keys': shopify_link('if(is_shared, null, user_id)'),
            'created_at': 'first_started_at',
            'updated_at': 'last_started_at',
            'first_seen_date': 'first_session_date',
            'last_seen_date': 'last_session_date',
        }) }}
    from visitors
)
{%- endmacro %}
