{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key='identity_key',
        cluster_by=['identity_key'],
    )
}}

{%- set sorted_ids = 'array(select distinct device_id from unnest(device_ids) as device_id order by device_id)' %}
{%- set particles = '(?:(?i:de|del|della|la|las|los|le|van|von|der|den|di|da|dos|du|bin|al|el)\\s+)*' %}

-- Visits, clicks and hits are read for the recent days only. What was before them is taken from the record itself, and
-- only where it is older: so a younger visitor is always made of all visits, and what a rerun takes away goes.

with contacts as (
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

-- The mobile phone comes first: a business phone may be the switchboard of the whole company.
contact_records as (
    select
        {{ identity_record('salesforce:contact', 'contacts.contact_id', {
            'first_name': 'contacts.first_name',
            'last_name': 'contacts.last_name',
            'email': 'contacts.email',
            'phone': 'coalesce(contacts.mobile_phone, contacts.phone)',
            'company': 'accounts.account_name',
            'street': 'contacts.street',
            'city': 'contacts.city',
            'state': 'contacts.state',
            'postcode': 'contacts.postcode',
            'country': 'contacts.country',
            'birth_date': 'contacts.birth_date',
            'created_at': 'contacts.created_at',
            'updated_at': 'contacts.updated_at',
            'first_seen_date': 'date(contacts.created_at)',
            'last_seen_date': later_of('date(contacts.updated_at)', 'contacts.last_activity_date'),
            'is_deleted': 'contacts.is_deleted',
        }) }}
    from contacts
    left join accounts on contacts.account_id = accounts.account_id
    where
        {{ changed_in_window('date(contacts.synced_at)') }}
        or {{ changed_in_window('date(accounts.synced_at)') }}
),

lead_records as (
    select
        {{ identity_record('salesforce:lead', 'lead_id', {
            'first_name': 'first_name',
            'last_name': 'last_name',
            'email': 'email',
            'phone': 'coalesce(mobile_phone, phone)',
            'company': 'company',
            'street': 'street',
            'city': 'city',
            'state': 'state',
            'postcode': 'postcode',
            'country': 'country',
            'device_ids': array_of(['ga_client_id']),
            'gclids': array_of(['gclid']),
            'linked_identity_keys': array_of(["concat('salesforce:contact:', converted_contact_id)"]),
            'created_at': 'created_at',
            'updated_at': 'updated_at',
            'first_seen_date': 'date(created_at)',
            'last_seen_date': 'date(updated_at)',
            'is_deleted': 'is_deleted',
        }) }}
    from leads
    where {{ changed_in_window() }}
),

-- The browser of an order is in its note, if the shop kept it, and in the web analytics' transaction.
transactions as (
    select distinct
        transaction_id as order_name,
        full_visitor_id,
        hit_date
    from hits
    where transaction_id is not null
),

order_browsers as (
    select
        order_id,
        ga_client_id as device_id
    from orders
    where ga_client_id is not null
    union distinct
    select
        orders.order_id,
        transactions.full_visitor_id as device_id
    from orders
    inner join transactions on orders.order_name = transactions.order_name
    {%- if is_incremental() %}
    union distinct
    select
        orders.order_id,
        device_id
    from orders
    inner join known_records
        on
            known_records.identity_key = coalesce(
                {{ identity_key('shopify', 'customer', 'orders.customer_id') }},
                {{ identity_key('shopify', 'order', 'orders.order_id') }}
            )
    cross join unnest(known_records.device_ids) as device_id
    where date(orders.created_at) <= {{ recent_start() }}
    {%- endif %}
),

-- A new order tells which browser and which ad click belong to its customer.
changed_orders as (
    select
        order_id,
        customer_id
    from orders
    where {{ changed_in_window() }}
    union distinct
    select
        orders.order_id,
        orders.customer_id
    from orders
    inner join transactions on orders.order_name = transactions.order_name
    where {{ changed_in_window('transactions.hit_date', var('late_arrival_days')) }}
),

changed_customers as (
    select customer_id
    from customers
    where {{ changed_in_window() }}
    union distinct
    select customer_id
    from changed_orders
    where customer_id is not null
),

customer_orders as (
    select
        orders.customer_id,
        array_agg(distinct order_browsers.device_id ignore nulls order by order_browsers.device_id) as device_ids,
        array_agg(distinct orders.gclid ignore nulls order by orders.gclid) as gclids,
        max(date(orders.created_at)) as last_order_date
    from orders
    inner join changed_customers on orders.customer_id = changed_customers.customer_id
    left join order_browsers on orders.order_id = order_browsers.order_id
    where not orders.is_deleted
    group by orders.customer_id
),

customer_records as (
    select
        {{ identity_record('shopify:customer', 'customers.customer_id', {
            'first_name': 'coalesce(customers.first_name, customers.address_first_name)',
            'last_name': 'coalesce(customers.last_name, customers.address_last_name)',
            'email': 'customers.email',
            'phone': 'coalesce(customers.phone, customers.address_phone)',
            'company': 'customers.company',
            'street': 'customers.street',
            'city': 'customers.city',
            'state': 'customers.state',
            'postcode': 'customers.postcode',
            'country': 'customers.country',
            'user_id': 'customers.customer_id',
            'device_ids': 'coalesce(customer_orders.device_ids, [])',
            'gclids': 'coalesce(customer_orders.gclids, [])',
            'created_at': 'customers.created_at',
            'updated_at': 'customers.updated_at',
            'first_seen_date': 'date(customers.created_at)',
            'last_seen_date': later_of('date(customers.updated_at)', 'customer_orders.last_order_date'),
            'is_deleted': 'customers.is_deleted',
        }) }}
    from customers
    inner join changed_customers on customers.customer_id = changed_customers.customer_id
    left join customer_orders on customers.customer_id = customer_orders.customer_id
),

browsers_by_order as (
    select
        order_id,
        array_agg(device_id order by device_id) as device_ids
    from order_browsers
    group by order_id
),

-- A guest checkout has no customer record: the order itself is all that is known of the buyer.
guest_orders as (
    select
        orders.*,
        coalesce(browsers_by_order.device_ids, []) as device_ids
    from orders
    left join browsers_by_order on orders.order_id = browsers_by_order.order_id
    where
        orders.customer_id is null
        and orders.order_id in (select changed_orders.order_id from changed_orders)
),

guest_records as (
    select
        {{ identity_record('shopify:order', 'order_id', {
            'first_name': 'coalesce(billing_first_name, shipping_first_name)',
            'last_name': 'coalesce(billing_last_name, shipping_last_name)',
            'email': 'email',
            'phone': 'phone',
            'street': 'coalesce(billing_street, shipping_street)',
            'city': 'coalesce(billing_city, shipping_city)',
            'state': 'coalesce(billing_state, shipping_state)',
            'postcode': 'coalesce(billing_postcode, shipping_postcode)',
            'country': 'coalesce(billing_country, shipping_country)',
            'device_ids': 'device_ids',
            'gclids': array_of(['gclid']),
            'created_at': 'created_at',
            'updated_at': 'updated_at',
            'first_seen_date': 'date(created_at)',
            'last_seen_date': 'date(created_at)',
            'is_deleted': 'is_deleted or is_test',
        }) }}
    from guest_orders
),

braze_records as (
    select
        {{ identity_record('braze:user', 'external_id', {
            'first_name': 'first_name',
            'last_name': 'last_name',
            'email': 'email',
            'phone': 'phone',
            'company': "json_value(custom_attributes, '$.company')",
            'city': 'city',
            'country': 'country',
            'birth_date': 'birth_date',
            'user_id': 'external_id',
            'device_ids': 'device_ids',
            'linked_identity_keys': shopify_link('external_id'),
            'created_at': 'created_at',
            'updated_at': 'synced_at',
            'first_seen_date': 'date(created_at)',
            'last_seen_date': 'date(coalesce(last_active_at, created_at))',
            'is_deleted': 'is_deleted',
        }) }}
    from braze_users
    where {{ changed_in_window() }}
),

-- Agents and admins are our own staff. A name is typed as "Last, First" or as "First Middle Last", maybe with
-- a title, a suffix and particles that belong to the last name.
end_users as (
    select
        *,
        coalesce(
            regexp_extract(full_name, r',\s*(\S.*)$'),
            regexp_extract(full_name, r'^\s*(?:(?i:mr|mrs|ms|miss|mx|dr|prof)\.?\s+)*([^\s,]+)')
        ) as first_name,
        coalesce(
            regexp_extract(full_name, r'^([^,]+),'),
            regexp_extract(full_name, r'\s({{ particles }}\S+?)(?:\s+(?i:jr|sr|ii|iii|iv|phd|md)\.?)?\s*$')
        ) as last_name
    from zendesk_users
    where role = 'end-user' and {{ changed_in_window() }}
),

zendesk_records as (
    select
        {{ identity_record('zendesk:user', 'user_id', {
            'first_name': 'first_name',
            'last_name': 'last_name',
            'email': 'email',
            'phone': 'phone',
            'user_id': 'external_id',
            'linked_identity_keys': shopify_link('external_id'),
            'created_at': 'created_at',
            'updated_at': 'updated_at',
            'first_seen_date': 'date(created_at)',
            'last_seen_date': 'date(coalesce(last_login_at, updated_at))',
            'is_deleted': 'is_deleted',
        }) }}
    from end_users
),

app_records as (
    select
        {{ identity_record('firebase:user', 'user_pseudo_id', {
            'email': 'email',
            'city': 'city',
            'country': 'country',
            'user_id': 'user_id',
            'device_ids': array_of(['user_pseudo_id', 'advertising_id']),
            'linked_identity_keys': shopify_link('user_id'),
            'created_at': 'first_opened_at',
            'updated_at': 'last_active_at',
            'first_seen_date': 'date(first_opened_at)',
            'last_seen_date': 'date(last_active_at)',
            'is_deleted': 'is_deleted',
        }) }}
    from app_users
    where {{ changed_in_window() }}
),

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
),

changed_clicks as (
    select distinct gclid
    from clicks
    where {{ changed_in_window('click_date', var('late_arrival_days')) }}
),

clicks_on_ads as (
    select
        gclid,
        city,
        country,
        clicked_at,
        click_date
    from clicks
    {%- if is_incremental() %}
    union all
    select
        source_record_id as gclid,
        city,
        country,
        created_at as clicked_at,
        first_seen_date as click_date
    from known_records
    where source = 'google_ads' and first_seen_date < {{ recent_start() }}
    {%- endif %}
),

ad_clicks as (
    select
        clicks_on_ads.gclid,
        {{ latest('clicks_on_ads.city', 'clicks_on_ads.clicked_at') }} as city,
        {{ latest('clicks_on_ads.country', 'clicks_on_ads.clicked_at') }} as country,
        min(clicks_on_ads.clicked_at) as first_clicked_at,
        max(clicks_on_ads.clicked_at) as last_clicked_at,
        min(clicks_on_ads.click_date) as first_click_date,
        max(clicks_on_ads.click_date) as last_click_date
    from clicks_on_ads
    inner join changed_clicks on clicks_on_ads.gclid = changed_clicks.gclid
    group by clicks_on_ads.gclid
),

click_records as (
    select
        {{ identity_record('google_ads:click', 'gclid', {
            'city': 'city',
            'country': 'country',
            'gclids': '[gclid]',
            'created_at': 'first_clicked_at',
            'updated_at': 'last_clicked_at',
            'first_seen_date': 'first_click_date',
            'last_seen_date': 'last_click_date',
        }) }}
    from ad_clicks
),

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

final as (
    select
        *,
        {{ normalize_email('email') }} as email_normalized,
        {{ normalize_phone('phone') }} as phone_normalized,
        {{ normalize_name('first_name') }} as first_name_normalized,
        {{ normalize_name('last_name') }} as last_name_normalized,
        {{ normalize_company('company') }} as company_normalized,
        {{ normalize_postcode('postcode', 'country') }} as postcode_normalized
    from records
)

select * from final
