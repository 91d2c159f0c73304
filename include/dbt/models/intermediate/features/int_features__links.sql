{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['identity_key', 'valid_from'],
    cluster_by=['identity_key'],
) }}

-- Which customer a source record belonged to, and since when: history, since identity_map says only what is known
-- today. A run on the newest day adds the records that are new or have moved; a backfill of an older day adds
-- nothing, for what was known then is on record. The first run has no history: it takes the day from which on a
-- record and its customer had both been seen.

with current_links as (
    select
        identity_key,
        source,
        customer_id,
        first_linked_date
    from {{ ref('identity_map') }}
    where first_linked_date <= {{ window_end() }}
),

{%- if is_incremental() %}

stored as (
    select
        identity_key,
        array_agg(customer_id order by valid_from desc limit 1)[safe_offset(0)] as customer_id
    from {{ this }}
    group by identity_key
),

newest as (
    select max(valid_from) as valid_from from {{ this }}
),

final as (
    select
        current_links.identity_key,
        current_links.source,
        current_links.customer_id,
        case
            when stored.identity_key is not null then {{ window_end() }}
            -- A record that lands now was not known longer ago than rows may land late, whatever date it bears.
            when newest.valid_from <= {{ window_end() }}
                then greatest(current_links.first_linked_date, {{ window_start(var('late_arrival_days')) }})
            else current_links.first_linked_date
        end as valid_from
    from current_links
    left join stored on current_links.identity_key = stored.identity_key
    cross join newest
    where
        stored.identity_key is null
        or (
            stored.customer_id != current_links.customer_id
            and newest.valid_from <= {{ window_end() }}
        )
)
{%- else %}

final as (
    select
        identity_key,
        source,
        customer_id,
        first_linked_date as valid_from
    from current_links
)
{%- endif %}

select * from final
