with records as (
    select * from {{ ref('int_identity__records') }}
),

keys as (
    select * from {{ ref('int_customers__keys') }}
),

contacts as (
    select * from {{ ref('stg_salesforce__contacts') }}
),

accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

shopify_customers as (
    select * from {{ ref('stg_shopify__customers') }}
),

braze_users as (
    select * from {{ ref('stg_braze__users') }}
),

zendesk_users as (
    select * from {{ ref('stg_zendesk__users') }}
),

country_names as (
    select * from {{ ref('country_names') }}
),

live_records as (
    select
        records.*,
        keys.customer_id,
        concat(records.source, ':', records.source_entity) as record_kind
    from records
    inner join keys on records.identity_key = keys.identity_key
    where keys.customer_id is not null and not records.is_deleted
),

final as (
    select
        live_records.customer_id,
        live_records.identity_key,
        live_records.record_kind,
        live_records.source,
        live_records.source_record_id,
        live_records.created_at,
        live_records.updated_at,
        {{ tidy_name('live_records.first_name') }} as first_name,
        {{ tidy_name('live_records.last_name') }} as last_name,
        live_records.last_name_normalized,
        live_records.email,
        live_records.email_normalized,
        live_records.phone_normalized as phone,
        live_records.phone is not null and live_records.phone_normalized is null as is_phone_invalid,
        coalesce(
            contacts.is_email_invalid,
            leads.is_email_invalid,
            shopify_customers.is_email_invalid,
            braze_users.is_email_invalid,
            zendesk_users.is_email_invalid,
            false
        ) as is_email_invalid,
        live_records.street,
        live_records.city,
        live_records.state as region,
        live_records.postcode as postal_code,
        -- People write US, USA or United States.
        coalesce(
            country_names.country_code,
            if(
                length(trim(live_records.country)) = 2, upper(trim(live_records.country)), live_records.country
            )
        ) as country,
        live_records.company,
        coalesce(accounts.industry, leads.industry) as industry,
        coalesce(accounts.employee_count, leads.employee_count) as company_employees,
        coalesce(accounts.annual_revenue, leads.annual_revenue) as company_annual_revenue,
        coalesce(contacts.job_title, leads.job_title) as job_title,
        live_records.birth_date,
        braze_users.gender,
        coalesce(braze_users.language, lower(left(zendesk_users.locale, 2))) as preferred_language,
        coalesce(braze_users.time_zone, zendesk_users.time_zone) as time_zone,
        contacts.account_id,
        braze_users.email_subscription_state as email_subscription,
        braze_users.push_subscription_state as push_subscription,
        {% for consent, sources in consent_sources().items() -%}
        {{ consent_of_record(sources) }} as {{ consent }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from live_records
    left join contacts
        on
            live_records.record_kind = 'salesforce:contact'
            and live_records.source_record_id = contacts.contact_id
    left join accounts on contacts.account_id = accounts.account_id
    left join leads
        on live_records.record_kind = 'salesforce:lead' and live_records.source_record_id = leads.lead_id
    left join shopify_customers
        on
            live_records.record_kind = 'shopify:customer'
            and live_records.source_record_id = shopify_customers.customer_id
    left join braze_users
        on live_records.record_kind = 'braze:user' and live_records.source_record_id = braze_users.external_id
    left join zendesk_users
        on live_records.record_kind = 'zendesk:user' and live_records.source_record_id = zendesk_users.user_id
    left join country_names
        on lower(replace(trim(live_records.country), '.', '')) = country_names.country_name
)

select * from final
