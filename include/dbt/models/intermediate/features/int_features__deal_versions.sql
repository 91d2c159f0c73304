{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['opportunity_id', 'landed_date'],
    cluster_by=['opportunity_id'],
    full_refresh=false,
) }}

-- An opportunity as it landed, day by day, kept after bronze has dropped it: what was known on a day.

with source as (
    select *
    from {{ source('salesforce', 'salesforce_opportunities') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

landed as (
    select
        id as opportunity_id,
        date(_fivetran_synced) as landed_date,
        coalesce(is_won, false) and not ({{ deleted('is_deleted') }}) as is_won,
        amount,
        close_date,
        last_modified_date as updated_at
    from source
    where id is not null
    qualify row_number() over (
        partition by id, date(_fivetran_synced) order by _fivetran_synced desc, to_json_string(source) desc
    ) = 1
),

{%- if is_incremental() %}

final as (
    select * from landed
)
{%- else %}

-- The newest version of what landed before the first run.
final as (
    select * from landed
    union all
    select
        opportunity_id,
        date(synced_at) as landed_date,
        is_won and not is_deleted as is_won,
        amount,
        close_date,
        updated_at
    from {{ ref('stg_salesforce__opportunities') }}
    where date(synced_at) < {{ window_start() }}
)
{%- endif %}

select * from final
