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
        string_agg(if(value_type = 'company', pattern, null), '|') as company_pattern,
        string_agg(if(value_type = 'birth_date', pattern, null), '|') as birth_date_pattern
    from junk
),

-- A date that a form or an import puts in for people who gave none.
default_birth_dates as (
    {%- set default = var('identity_default_birth_date') %}
    select birth_date
    from records
    where birth_date is not null
    group by birth_date
    qualify
        count(distinct concat(first_name_normalized, ' ', last_name_normalized)) > {{ default.people }}
        and count(*) > {{ default.share }} * sum(count(*)) over ()
),

-- A value that says nothing about the person is as good as a missing one.
usable as (
    select
        records.identity_key,
        records.source = 'salesforce' as is_of_crm,
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
        regexp_extract(records.email_normalized, r'@(.+)$') as domain,
        if(excluded_phones.identifier_value is null, records.phone_normalized, null) as phone,
        if(excluded_users.identifier_value is null, records.user_id, null) as user_id,
        -- Nobody is born after their record, or 120 years before.
        if(
            (
                records.created_at is null
                or (
                    records.birth_date < date(records.created_at)
                    and records.birth_date > date_sub(date(records.created_at), interval 120 year)
                )
            )
            and not coalesce(
                regexp_contains(cast(records.birth_date as string), junk_patterns.birth_date_pattern), false
            )
            and default_birth_dates.birth_date is null,
            records.birth_date,
            null
        ) as birth_date,
        coalesce({{ name_suffix('records.last_name') }}, {{ name_suffix('records.first_name') }}) as name_suffix,
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
    left join default_birth_dates on records.birth_date = default_birth_dates.birth_date
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

-- A mail domain that begins like the company of a record is that company's, so a mailbox names the employer.
company_domains as (
    select
        domain,
        company
    from usable
    where starts_with(replace(domain, '-', ''), regexp_extract(company, r'^\S{3,}'))
    group by domain, company
    qualify row_number() over (
        partition by domain order by count(*) desc, length(company) desc, company asc
    ) = 1
),

-- Only what can identify somebody is compared: a name, a way to write or call, or who was born when and lives where.
comparable as (
    select
        usable.* except (company, domain, is_of_crm),
        coalesce(company_domains.company, usable.company) as company,
        -- The CRM and a company's mailbox know people at work: addresses and phones are rarely those of home.
        usable.is_of_crm or company_domains.domain is not null as is_at_work
    from usable
    left join company_domains on usable.domain = company_domains.domain
    where
        coalesce(usable.last_name, usable.email, usable.phone) is not null
        or (usable.first_name is not null and usable.birth_date is not null)
),

-- The city where most phones of an area code are at home.
area_cities as (
    select
        left(phone, 5) as area,
        city
    from comparable
    where not is_at_work and phone is not null and city is not null
    group by area, city
    qualify row_number() over (
        partition by area order by count(*) desc, city asc
    ) = 1
),

located as (
    select
        comparable.*,
        area_cities.city as phone_city
    from comparable
    left join area_cities on left(comparable.phone, 5) = area_cities.area
),

full_names as (
    select
        nickname,
        array_agg(name order by name) as names
    from nicknames
    group by nickname
),

short_names as (
    select
        name,
        array_agg(nickname order by nickname) as nicknames
    from nicknames
    group by name
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

weighed as (
    select
        located.*,
        if(
            located.first_name is null, [], array_concat([located.first_name], coalesce(full_names.names, []))
        ) as first_names,
        if(
            located.first_name is null, [], array_concat([located.first_name], coalesce(short_names.nicknames, []))
        ) as short_names,
        -- What the last name may stand for where it is the first name.
        if(
            located.last_name is null, [], array_concat([located.last_name], coalesce(last_full_names.names, []))
        ) as last_names,
        -- The fingerprint shows whether a record must be compared again.
        to_hex(md5(to_json_string(struct(
            located.first_name as first_name,
            located.last_name as last_name,
            located.email as email,
            located.phone as phone,
            located.user_id as user_id,
            located.birth_date as birth_date,
            located.name_suffix as name_suffix,
            located.street as street,
            located.postcode as postcode,
            located.city as city,
            located.company as company,
            located.phone_city as phone_city,
            located.is_at_work as is_at_work,
            full_names.names as names,
            short_names.nicknames as nicknames,
            last_full_names.names as last_names
        )))) as fingerprint,
        greatest(first_counts.first_share, first_counts.last_share) as first_name_frequency,
        greatest(last_counts.first_share, last_counts.last_share) as last_name_frequency,
        greatest(1, count(*) over (partition by located.postcode) - 1)
        / nullif(count(located.postcode) over (), 0)
            as postcode_frequency,
        greatest(1, count(*) over (partition by located.city) - 1)
        / nullif(count(located.city) over (), 0)
            as city_frequency,
        greatest(1, count(*) over (partition by located.company) - 1)
        / nullif(count(located.company) over (), 0)
            as company_frequency,
        greatest(1, count(*) over (partition by located.phone_city) - 1)
        / nullif(count(located.phone_city) over (), 0)
            as phone_city_frequency,
        count(*) over () as record_count
    from located
    left join full_names on located.first_name = full_names.nickname
    left join short_names on located.first_name = short_names.name
    left join full_names as last_full_names on located.last_name = last_full_names.nickname
    left join name_counts as first_counts on located.first_name = first_counts.token
    left join name_counts as last_counts on located.last_name = last_counts.token
),

-- Records that say all the same of one mailbox, or of one name with its phone, are one person's: one of them is
-- compared for all.
final as (
    select
        *,
        if(
            email is not null or (first_name is not null and last_name is not null and phone is not null),
            fingerprint,
            null
        ) as profile
    from weighed
)

select * from final
