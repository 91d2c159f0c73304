-- All that names one person and nobody else, as kind and value. Parameter: customer_id; `whose` takes several people
-- as one.
-- A value that other people's records carry too (the phone of a household) names nobody: it stays with them.
with identity_map as (
    select * from `{{ project_id }}.{{ silver_dataset }}.identity_map`
),

records as (
    select * from `{{ project_id }}.{{ intermediate_dataset }}.int_identity__records`
),

identifiers as (
    select * from `{{ project_id }}.{{ intermediate_dataset }}.int_identity__identifiers`
),

orders as (
    select * from `{{ project_id }}.{{ intermediate_dataset }}.stg_shopify__orders`
),

tickets as (
    select * from `{{ project_id }}.{{ intermediate_dataset }}.stg_zendesk__tickets`
),

opportunities as (
    select * from `{{ project_id }}.{{ intermediate_dataset }}.int_opportunities__identified`
),

-- Ids that the customer had before a merge are aliases.
resolved_records as (
    select
        identity_key,
        concat(source, ':', source_entity) as kind,
        source_record_id,
        customer_id,
        alias_customer_id
    from identity_map
    where {{ whose | default('customer_id = @customer_id') }}
),

-- Records that carry the id of one of these records, such as an order that names the browser it was made in.
carriers as (
    select
        resolved_records.identity_key,
        resolved_records.kind,
        identifiers.identifier_type,
        identifiers.identity_key as carrier_key,
        own.identity_key is null as is_others
    from resolved_records
    inner join identifiers on resolved_records.source_record_id = identifiers.identifier_value
    left join resolved_records as own on identifiers.identity_key = own.identity_key
),

-- The browser of a household is everybody's, although resolution gives it to one of them.
shared_devices as (
    select distinct identity_key
    from carriers
    where kind in ('ga360:visitor', 'firebase:user') and identifier_type = 'device' and is_others
),

-- So is a click that was made in it.
shared_clicks as (
    select distinct carriers.identity_key
    from carriers
    left join shared_devices on carriers.carrier_key = shared_devices.identity_key
    where
        carriers.kind = 'google_ads:click'
        and carriers.identifier_type = 'gclid'
        and (carriers.is_others or shared_devices.identity_key is not null)
),

persons_records as (
    select *
    from resolved_records
    where identity_key not in (
        select shared_devices.identity_key from shared_devices
        union all
        select shared_clicks.identity_key from shared_clicks
    )
),

-- A login is the id that the shop gave, or one given by us. It stays theirs where others' browsers carry it.
logins as (
    select source_record_id as login
    from persons_records
    where kind in ('shopify:customer', 'braze:user')
),

persons_orders as (
    select orders.order_id
    from orders
    inner join persons_records
        on persons_records.kind = 'shopify:customer' and orders.customer_id = persons_records.source_record_id
    union distinct
    -- A guest's order is a record of its own.
    select source_record_id as order_id
    from persons_records
    where kind = 'shopify:order'
),

-- By the contact, or by the lead that became it.
persons_deals as (
    select opportunities.opportunity_id
    from opportunities
    inner join persons_records on opportunities.identity_key = persons_records.identity_key
),

-- Values as the records have them and as identity resolution compares them.
carried as (
    select
        identity_key,
        identifier_type as kind,
        identifier_value as value
    from identifiers
    where exclusion_reason is null
    union distinct
    select
        identity_key,
        'email' as kind,
        lower(email) as value
    from records
    where email is not null
    union distinct
    select
        identity_key,
        'phone' as kind,
        phone as value
    from records
    where phone is not null
),

junk as (
    select distinct identifier_value as value
    from identifiers
    where exclusion_reason is not null
),

exclusive as (
    select
        carried.kind,
        carried.value
    from carried
    left join persons_records on carried.identity_key = persons_records.identity_key
    where carried.value not in (select junk.value from junk)
    group by carried.kind, carried.value
    having count(*) = count(persons_records.identity_key)
),

final as (
    select
        'identity' as kind,
        identity_key as value
    from persons_records
    union distinct
    select
        kind,
        source_record_id as value
    from persons_records
    union distinct
    select
        'customer' as kind,
        customer_id as value
    from resolved_records
    union distinct
    select
        'customer' as kind,
        alias_customer_id as value
    from resolved_records
    union distinct
    select
        'user' as kind,
        login as value
    from logins
    union distinct
    select
        'node' as kind,
        concat('#user_id:', login) as value
    from logins
    union distinct
    select
        if(kind = 'user_id', 'user', kind) as kind,
        value
    from exclusive
    union distinct
    select
        'node' as kind,
        concat('#', kind, ':', value) as value
    from exclusive
    union distinct
    select
        'hash' as kind,
        to_hex(sha256(value)) as value
    from exclusive
    where kind in ('email', 'phone')
    union distinct
    select
        'shopify:order' as kind,
        order_id as value
    from persons_orders
    union distinct
    -- As silver and the destinations of conversions know it.
    select
        'transaction' as kind,
        concat('shopify:', order_id) as value
    from persons_orders
    union distinct
    select
        'zendesk:ticket' as kind,
        tickets.ticket_id as value
    from tickets
    inner join persons_records
        on persons_records.kind = 'zendesk:user' and tickets.requester_id = persons_records.source_record_id
    union distinct
    select
        'salesforce:opportunity' as kind,
        opportunity_id as value
    from persons_deals
    union distinct
    select
        'transaction' as kind,
        concat('salesforce:', opportunity_id) as value
    from persons_deals
)

select
    kind,
    value
from final
where value != ''
