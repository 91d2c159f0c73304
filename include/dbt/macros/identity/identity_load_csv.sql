{% macro identity_load_csv() %}
    {%- set dataset = '`' ~ target.project ~ '`.`' ~ var('intermediate_dataset') ~ '`' -%}
    {%- set sql -%}
create or replace table {{ dataset }}.int_identity__records as
select
    concat('csv:person:', id) as identity_key,
    'csv' as source,
    'person' as source_entity,
    id as source_record_id,
    first_name,
    last_name,
    email,
    phone,
    {{ normalize_email('email') }} as email_normalized,
    coalesce(
        {{ normalize_phone(phone_digits('phone')) }}, nullif(regexp_replace(phone, r'[^0-9]', ''), '')
    ) as phone_normalized,
    {{ normalize_name('first_name') }} as first_name_normalized,
    {{ normalize_name('last_name') }} as last_name_normalized,
    cast(null as string) as company,
    cast(null as string) as company_normalized,
    street,
    city,
    cast(null as string) as state,
    postcode,
    {{ normalize_postcode('postcode') }} as postcode_normalized,
    cast(null as string) as country,
    coalesce(
        safe.parse_date('%Y-%m-%d', birth_date),
        safe.parse_date('%Y%m%d', birth_date),
        safe.parse_date('%d/%m/%Y', birth_date)
    ) as birth_date,
    cast(null as string) as user_id,
    cast([] as array<string>) as device_ids,
    cast([] as array<string>) as gclids,
    cast([] as array<string>) as linked_identity_keys,
    cast(null as timestamp) as created_at,
    cast(null as timestamp) as updated_at,
    cast(null as date) as first_seen_date,
    cast(null as date) as last_seen_date,
    false as is_deleted
from {{ dataset }}.csv_persons
    {%- endset -%}
    {%- do run_query(sql) -%}
{% endmacro %}
