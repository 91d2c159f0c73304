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
        count(distinct records.phone_normalized) as phone_count,
        count(distinct nullif(soundex(records.first_name_normalized), '')) as first_name_count,
        {{ identity_people() }} as people_count
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
            -- One person may leave any number of records, nobody in particular only so many.
            when
                use_of_values.record_count > {{ var('identity_max_records_per_identifier') }}
                and use_of_values.people_count != 1
                then 'too_many_records'
            when
                use_of_values.identifier_type = 'device'
                and use_of_values.user_count > {{ var('identity_max_users_per_device') }} then 'shared'
            when use_of_values.people_count > {{ var('identity_max_people_per_value') }} then 'shared'
            when
                use_of_values.identifier_type = 'email'
                and use_of_values.people_count != 1
                and use_of_values.phone_count > {{ var('identity_max_phones_per_mailbox') }} then 'shared'
            -- What has a mailbox or a phone in common is compared, name by name; what has a login in common is not.
            when
                use_of_values.identifier_type not in ('email', 'phone')
                and use_of_values.first_name_count > {{ var('identity_max_people_per_value') }} then 'shared'
            when
                use_of_values.identifier_type = 'user_id'
                and use_of_values.people_count > {{ var('identity_max_people_per_login') }} then 'shared'
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
        use_of_values.phone_count,
        use_of_values.first_name_count,
        use_of_values.people_count
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
