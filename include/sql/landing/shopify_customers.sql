with
customer_addresses as (
    select
        addresses.*,
        coalesce(addresses.is_default, addresses.id = customers.default_address_id, false) as is_main
    from addresses
    inner join customers on addresses.customer_id = customers.id and addresses._connection = customers._connection
),

main_addresses as (
    select * from customer_addresses
    where is_main
    qualify row_number() over (partition by _connection, customer_id order by _fivetran_synced desc, id asc) = 1
),

address_syncs as (
    select
        _connection,
        customer_id,
        max(_fivetran_synced) as synced
    from addresses
    group by _connection, customer_id
),

tags as (
    select
        _connection,
        customer_id,
        string_agg(value, ', ' order by index, value) as tags,
        max(_fivetran_synced) as synced
    from customer_tags
    group by _connection, customer_id
),

newest_metafields as (
    select * from metafields
    where lower(owner_resource) = 'customer'
    qualify row_number() over (partition by _connection, owner_id, key order by _fivetran_synced desc, value asc) = 1
),

customer_metafields as (
    select
        _connection,
        owner_id,
        parse_json(
            concat(
                '{', string_agg(concat(to_json_string(key), ': ', to_json_string(value)), ', ' order by key), '}'
            )
        ) as metafields,
        max(_fivetran_synced) as synced
    from newest_metafields
    group by _connection, owner_id
),

final as (
    select
        customers.* except (
            state, email_marketing_consent_state, sms_marketing_consent_state, default_address_id, _fivetran_synced
        ),
        lower(customers.state) as state,
        lower(customers.email_marketing_consent_state) as email_marketing_consent_state,
        lower(customers.sms_marketing_consent_state) as sms_marketing_consent_state,
        main_addresses.first_name as default_address_first_name,
        main_addresses.last_name as default_address_last_name,
        main_addresses.company as default_address_company,
        main_addresses.address_1 as default_address_address1,
        main_addresses.address_2 as default_address_address2,
        main_addresses.city as default_address_city,
        main_addresses.province_code as default_address_province_code,
        main_addresses.zip as default_address_zip,
        main_addresses.country_code as default_address_country_code,
        main_addresses.phone as default_address_phone,
        tags.tags,
        customer_metafields.metafields,
        greatest(
            customers._fivetran_synced,
            coalesce(address_syncs.synced, customers._fivetran_synced),
            coalesce(tags.synced, customers._fivetran_synced),
            coalesce(customer_metafields.synced, customers._fivetran_synced)
        ) as _fivetran_synced
    from customers
    left join main_addresses
        on customers.id = main_addresses.customer_id and customers._connection = main_addresses._connection
    left join address_syncs
        on customers.id = address_syncs.customer_id and customers._connection = address_syncs._connection
    left join tags on customers.id = tags.customer_id and customers._connection = tags._connection
    left join customer_metafields
        on customers.id = customer_metafields.owner_id and customers._connection = customer_metafields._connection
)

select * from final
