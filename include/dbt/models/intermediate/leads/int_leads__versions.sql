{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['lead_id', 'landed_date'],
    cluster_by=['lead_id'],
    full_refresh=false,
) }}

-- What a lead's score takes from its record, as it landed day by day, kept after bronze has dropped it.

with source as (
    select *
    from {{ source('salesforce', 'salesforce_leads') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest_of_day as (
    {{ newest_version('source', ['id', 'date(_fivetran_synced)']) }}
),

landed as (
    select
        id as lead_id,
        date(_fivetran_synced) as landed_date,
        title as job_title,
        {{ non_negative('annual_revenue') }} as annual_revenue,
        {{ non_negative('number_of_employees') }} as employee_count,
        lead_source,
        utm_source__c as utm_source,
        utm_medium__c as utm_medium,
        gclid__c as gclid,
        custom_fields
    from newest_of_day
),

{%- if is_incremental() %}

versions as (
    select * from landed
),
{%- else %}

-- The newest version of what landed before the first run too.
versions as (
    select * from landed
    union all
    select
        lead_id,
        date(synced_at) as landed_date,
        job_title,
        annual_revenue,
        employee_count,
        lead_source,
        utm_source,
        utm_medium,
        gclid,
        custom_fields
    from {{ ref('stg_salesforce__leads') }}
    where date(synced_at) < {{ window_start() }}
),
{%- endif %}

final as (
    select
        lead_id,
        landed_date,
        job_title,
        annual_revenue,
        employee_count,
        lead_source,
        {{ channel_of('coalesce(utm_source, lead_source)', 'utm_medium', 'gclid') }} as channel,
        -- What the form or sales asked, where the custom fields of BANT are in use.
        lower(json_value(custom_fields, '$.budget__c')) as told_budget,
        lower(json_value(custom_fields, '$.authority__c')) as told_authority,
        lower(json_value(custom_fields, '$.timeline__c')) as told_timeline
    from versions
)

select * from final
