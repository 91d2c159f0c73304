{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='identity_key',
    cluster_by=['identity_key'],
    full_refresh=false,
) }}

{%- set days = {
    'first_session_date': 'least', 'last_session_date': 'greatest', 'last_interaction_date': 'greatest',
} %}
{%- set first_interaction = [
    'first_interaction_date', 'first_interaction_at', 'first_interaction_id', 'first_channel', 'first_source',
    'first_campaign',
] %}

-- When a source record was first and last seen, so that nobody has to read all of its sessions and contacts, which
-- silver drops data after a year. By record, not by customer: a merge of customers never touches it. The order of runs
-- and reruns does not matter, since only an earlier first and a later last day replace what is stored.

with sessions as (
    select
        identity_key,
        min(session_date) as first_session_date,
        max(session_date) as last_session_date
    from {{ ref('unified_sessions') }}
    where
        identity_key is not null
        and {{ changed_in_window('session_date', var('late_arrival_days')) }}
    group by identity_key
),

interactions as (
    select
        identity_key,
        max(touchpoint_date) over (partition by identity_key) as last_interaction_date,
        touchpoint_date as first_interaction_date,
        touchpoint_at as first_interaction_at,
        touchpoint_id as first_interaction_id,
        channel as first_channel,
        source as first_source,
        campaign_name as first_campaign
    from {{ ref('unified_touchpoints') }}
    where
        identity_key is not null
        and is_interaction
        and {{ changed_in_window('touchpoint_date', var('late_arrival_days')) }}
    qualify row_number() over (partition by identity_key order by touchpoint_at asc, touchpoint_id asc) = 1
),

seen as (
    select
        coalesce(sessions.identity_key, interactions.identity_key) as identity_key,
        sessions.first_session_date,
        sessions.last_session_date,
        interactions.* except (identity_key)
    from sessions
    full outer join interactions on sessions.identity_key = interactions.identity_key
),

{%- if is_incremental() %}

compared as (
    select
        seen.*,
        {%- for column in days.keys() | list + first_interaction %}
        stored.{{ column }} as stored_{{ column }},
        {%- endfor %}
        stored.first_interaction_at is null or seen.first_interaction_at <= stored.first_interaction_at as is_earlier
    from seen
    left join {{ this }} as stored on seen.identity_key = stored.identity_key
),

final as (
    select
        {%- for column, pick in days.items() %}
        {{ pick }}(
            coalesce({{ column }}, stored_{{ column }}), coalesce(stored_{{ column }}, {{ column }})
        ) as {{ column }},
        {%- endfor %}
        {%- for column in first_interaction %}
        if(is_earlier, {{ column }}, stored_{{ column }}) as {{ column }},
        {%- endfor %}
        identity_key
    from compared
)
{%- else %}

final as (
    select * from seen
)
{%- endif %}

select * from final
