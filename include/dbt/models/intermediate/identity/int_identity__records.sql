{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key='identity_key',
        cluster_by=['identity_key'],
    )
}}

-- Visits, clicks and hits are read for the recent days only. What was before them is taken from the record itself, and
-- only where it is older: so a younger visitor is always made of all visits, and what a rerun takes away goes.

with country_names as (
    select * from {{ ref('country_names') }}
),

phone_regions as (
    select * from {{ ref('phone_regions') }}
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

customers as (
    select * from {{ ref('stg_shopify__customers') }}
),

orders as (
    select * from {{ ref('stg_shopify__orders') }}
),

braze_users as (
    select * from {{ ref('stg_braze__users') }}
),

zendesk_users as (
    select * from {{ ref('stg_zendesk__users') }}
),

app_users as (
    select * from {{ ref('stg_firebase__users') }}
),

sessions as (
    select * from {{ ref('stg_ga360__sessions') }}
    where {{ recent_if_incremental('session_date') }}
),

hits as (
    select * from {{ ref('stg_ga360__hits') }}
    where {{ recent_if_incremental('hit_date') }}
),

clicks as (
    select * from {{ ref('stg_google_ads__clicks') }}
    where {{ recent_if_incremental('click_date') }}
),
{%- if is_incremental() %}

known_records as (
    select * from {{ this }}
),
{%- endif %}

{{ identity_records_of_salesforce() }},

{{ identity_records_of_shopify() }},

{{ identity_records_of_braze() }},

{{ identity_records_of_zendesk() }},

{{ identity_records_of_firebase() }},

{{ identity_records_of_ga360() }},

{{ identity_records_of_google_ads() }},

records as (
    select * from contact_records
    union all
    select * from lead_records
    union all
    select * from customer_records
    union all
    select * from guest_records
    union all
    select * from braze_records
    union all
    select * from zendesk_records
    union all
    select * from app_records
    union all
    select * from visitor_records
    union all
    select * from click_records
),

-- A national number is one of the record's country.
located as (
    select
        records.*,
        {{ phone_digits('records.phone', 'phone_regions') }} as phone_digits,
        phone_regions.calling_code,
        phone_regions.national_prefix,
        phone_regions.prefix_rule,
        phone_regions.national_number
    from records
    left join country_names on lower(replace(trim(records.country), '.', '')) = country_names.country_name
    left join phone_regions
        on coalesce(country_names.country_code, upper(trim(records.country))) = phone_regions.country_code
),

final as (
    select
        * except (phone_digits, calling_code, national_prefix, prefix_rule, national_number),
        {{ normalize_email('email') }} as email_normalized,
        {{ normalize_phone('phone_digits', 'located') }} as phone_normalized,
        {{ normalize_name('first_name') }} as first_name_normalized,
        {{ normalize_name('last_name') }} as last_name_normalized,
        {{ normalize_company('company') }} as company_normalized,
        {{ normalize_postcode('postcode', 'country') }} as postcode_normalized
    from located
)

select * from final
