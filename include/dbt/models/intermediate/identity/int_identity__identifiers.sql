with records as (
    select * from {{ ref('int_identity__records') }}
),

junk as (
    select * from {{ ref('identity_junk_values') }}
),

carried as (
    select
        identity_key,
        'email' as identifier_type,
        email_normalized as identifier_value
    from records
    union all
    select
        identity_key,
        'phone' as identifier_type,
        phone_normalized as identifier_value
    from records
    union all
    select
        identity_key,
        'user_id' as identifier_type,
        user_id as identifier_value
    from records
    union all
    select distinct
        identity_key,
        'device' as identifier_type,
        device_id as identifier_value
    from records, unnest(device_ids) as device_id
    union all
    select distinct
        identity_key,
        'gclid' as identifier_type,
        gclid as identifier_value
    from records, unnest(gclids) as gclid
),

-- Who carries an identifier: many records of one person are normal, many people are not.
use_of_values as (
    select
        carried.identifier_type,
        carried.identifier_value,
        count(*) as record_count,
        count(distinct records.user_id) as user_count,
        count(distinct concat(
            substr(records.first_name_normalized, 1, 1), ' ', records.last_name_normalized
        )) as name_count
    from carried
    inner join records on carried.identity_key = records.identity_key
    where carried.identifier_value != ''
    group by carried.identifier_type, carried.identifier_value
),

checked as (
    select
        use_of_values.identifier_type,
        use_of_values.identifier_value,
        use_of_values.record_count,
        case
            when count(junk.pattern) > 0 then 'junk'
            when use_of_values.record_count > {{ var('identity_max_records_per_identifier') }}
                then 'too_many_records'
            when
                use_of_values.identifier_type = 'device'
                and use_of_values.user_count > {{ var('identity_max_users_per_device') }} then 'shared'
            when use_of_values.name_count > {{ var('identity_max_people_per_value') }} then 'shared'
        end as exclusion_reason
    from use_of_values
    left join junk
        on
            use_of_values.identifier_type = junk.value_type
            and regexp_contains(lower(use_of_values.identifier_value), junk.pattern)
    group by
        use_of_values.identifier_type,
        use_of_values.identifier_value,
        use_of_values.record_count,
        use_of_values.user_count,
        use_of_values.name_count
),

final as (
    select
        carried.identity_key,
        carried.identifier_type,
        carried.identifier_value,
        checked.record_count,
        checked.exclusion_reason
    from carried
    inner join checked
        on
            carried.identifier_type = checked.identifier_type
            and carried.identifier_value = checked.identifier_value
)

select * from final
