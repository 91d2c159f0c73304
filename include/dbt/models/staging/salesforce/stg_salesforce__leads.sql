{{
    config(
        incremental_strategy='merge',
        unique_key='lead_id',
        cluster_by=['lead_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('salesforce', 'salesforce_leads') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        id as lead_id,
        owner_id,
        first_name,
        last_name,
        {{ clean_email('email') }} as email,
        email is not null and {{ clean_email('email') }} is null as is_email_invalid,
        phone,
        mobile_phone,
        company,
        title as job_title,
        industry,
        {{ non_negative('annual_revenue') }} as annual_revenue,
        {{ non_negative('number_of_employees') }} as employee_count,
        lead_source,
        status as lead_status,
        rating,
        street,
        city,
        state,
        postal_code as postcode,
        country,
        website,
        coalesce(has_opted_out_of_email, false) as is_email_opted_out,
        coalesce(is_converted, false) as is_converted,
        converted_date,
        converted_contact_id,
        converted_account_id,
        converted_opportunity_id,
        {{ link_campaign('campaign_id') }} as campaign_id,
        -- A form may copy a link's parameters as they are.
        {{ url_decoded('utm_source__c') }} as utm_source,
        {{ url_decoded('utm_medium__c') }} as utm_medium,
        {{ link_campaign(url_decoded('utm_campaign__c')) }} as utm_campaign,
        gclid__c as gclid,
        ga_client_id__c as ga_client_id,
        custom_fields,
        created_date as created_at,
        last_modified_date as updated_at,
        system_modstamp as system_updated_at,
        {{ deleted('is_deleted') }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'lead_id') }}
)

select * from final
