{{
    config(
        incremental_strategy='merge',
        unique_key='contact_id',
        cluster_by=['contact_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('salesforce', 'salesforce_contacts') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        id as contact_id,
        account_id,
        owner_id,
        first_name,
        last_name,
        {{ clean_email('email') }} as email,
        email is not null and {{ clean_email('email') }} is null as is_email_invalid,
        phone,
        mobile_phone,
        title as job_title,
        department,
        lead_source,
        birthdate as birth_date,
        mailing_street as street,
        mailing_city as city,
        mailing_state as state,
        mailing_postal_code as postcode,
        mailing_country as country,
        coalesce(has_opted_out_of_email, false) as is_email_opted_out,
        coalesce(do_not_call, false) as is_do_not_call,
        email_bounced_date as email_bounced_at,
        last_activity_date,
        created_date as created_at,
        last_modified_date as updated_at,
        system_modstamp as system_updated_at,
        {{ deleted('is_deleted') }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'contact_id') }}
)

select * from final
