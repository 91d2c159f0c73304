with records as (
    select * from {{ ref('int_identity__records') }}
),

junk as (
    select * from {{ ref('identity_junk_values') }}
),

nicknames as (
    select * from {{ ref('identity_nicknames') }}
),

excluded as (
    select
        identifier_type,
        identifier_value
    from {{ ref('int_identity__identifiers') }}
    where exclusion_reason is not null
    group by identifier_type, identifier_value
),

junk_patterns as (
    select
        string_agg(if(value_type = 'name', pattern, null), '|') as name_pattern,
        string_agg(if(value_type = 'company', pattern, null), '|') as company_pattern
    from junk
),

-- A value that says nothing about the person is as good as a missing one.
usable as (
    select
        records.identity_key,
        -- The CRM knows people at work: its addresses, phones and mailboxes are rarely those of the shop.
        records.source = 'salesforce' as is_at_work,
        if(
            regexp_contains(records.first_name_normalized, junk_patterns.name_pattern),
            null,
            records.first_name_normalized
        ) as first_name,
        if(
            regexp_contains(records.last_name_normalized, junk_patterns.name_pattern),
            null,
            records.last_name_normalized
        ) as last_name,
        if(excluded_emails.identifier_value is null, records.email_normalized, null) as email,
        if(excluded_phones.identifier_value is null, records.phone_normalized, null) as phone,
        if(excluded_users.identifier_value is null, records.user_id, null) as user_id,
        -- Nobody is born after their record, and of those before 1900 nobody shops.
        if(
            records.birth_date >= date '1900-01-01'
            and (records.created_at is null or records.birth_date < date(records.created_at)),
            records.birth_date,
            null
        ) as birth_date,
        {{ identity_street('records.street') }} as street,
        records.postcode_normalized as postcode,
        {{ fold_text('records.city') }} as city,
        if(
            regexp_contains(records.company_normalized, junk_patterns.company_pattern),
            null,
            records.company_normalized
        ) as company
    from records
    cross join junk_patterns
    left join excluded as excluded_emails
        on
            excluded_emails.identifier_type = 'email'
            and records.email_normalized = excluded_emails.identifier_value
    left join excluded as excluded_phones
        on
            excluded_phones.identifier_type = 'phone'
            and records.phone_normalized = excluded_phones.identifier_value
    left join excluded as excluded_users
        on
            excluded_users.identifier_type = 'user_id'
            and records.user_id = excluded_users.identifier_value
),

-- Only who can be told apart is compared: a name, or a way to write or call.
comparable as (
    select * from usable
    where coalesce(last_name, email, phone) is not null
),

full_names as (
    select
        nickname,
        array_agg(name order by name) as names
    from nicknames
    group by nickname
),

-- Agreeing on a rare value says more than agreeing on a common one. How common a value is among others leaves
-- out the record itself, which matters where it is rare. A name counts as often as it is found in the place
-- where it is commoner, for some have their first and last name the wrong way round.
named as (
    select
        first_name as token,
        'first' as place
    from comparable
    union all
    select
        last_name as token,
        'last' as place
    from comparable
),

name_counts as (
    select
        token,
        greatest(1, countif(place = 'first') - 1)
        / nullif(sum(countif(place = 'first')) over (), 0) as first_share,
        greatest(1, countif(place = 'last') - 1)
        / nullif(sum(countif(place = 'last')) over (), 0) as last_share
    from named
    where token is not null
    group by token
),

final as (
    select
        comparable.*,
        if(
            comparable.first_name is null, [], array_concat([comparable.first_name], coalesce(full_names.names, []))
        ) as first_names,
        -- What the last name may stand for where it is the first name.
        if(
            comparable.last_name is null, [], array_concat([comparable.last_name], coalesce(last_full_names.names, []))
        ) as last_names,
        -- The fingerprint tells whether a record must be compared again.
        to_hex(md5(to_json_string(struct(
            comparable.first_name as first_name,
            comparable.last_name as last_name,
            comparable.email as email,
            comparable.phone as phone,
            comparable.user_id as user_id,
            comparable.birth_date as birth_date,
            comparable.street as street,
            comparable.postcode as postcode,
            comparable.city as city,
            comparable.company as company,
            full_names.names as names,
            last_full_names.names as last_names
        )))) as fingerprint,
        greatest(first_counts.first_share, first_counts.last_share) as first_name_frequency,
        greatest(last_counts.first_share, last_counts.last_share) as last_name_frequency,
        greatest(1, count(*) over (partition by comparable.postcode) - 1)
        / nullif(count(comparable.postcode) over (), 0)
            as postcode_frequency,
        greatest(1, count(*) over (partition by comparable.city) - 1)
        / nullif(count(comparable.city) over (), 0)
            as city_frequency,
        greatest(1, count(*) over (partition by comparable.company) - 1)
        / nullif(count(comparable.company) over (), 0)
            as company_frequency,
        count(*) over () as record_count
    from comparable
    left join full_names on comparable.first_name = full_names.nickname
    left join full_names as last_full_names on comparable.last_name = last_full_names.nickname
    left join name_counts as first_counts on comparable.first_name = first_counts.token
    left join name_counts as last_counts on comparable.last_name = last_counts.token
)

select * from final
