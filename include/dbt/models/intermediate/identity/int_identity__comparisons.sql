{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['identity_key_a', 'identity_key_b'],
    cluster_by=['identity_key_a'],
    pre_hook="{{ identity_forget_touched() }}",
) }}

with touched as (
    select * from {{ ref('int_identity__touched') }}
),

members as (
    select * from {{ ref('int_identity__block_members') }}
),

features as (
    select * from {{ ref('int_identity__features') }}
),

-- New records against all: each block is entered from its touched members only.
pairs as (
    select distinct
        least(new_member.identity_key, member.identity_key) as identity_key_a,
        greatest(new_member.identity_key, member.identity_key) as identity_key_b
    from touched
    inner join members as new_member on touched.identity_key = new_member.identity_key
    inner join members as member on new_member.block_key = member.block_key
    where new_member.identity_key != member.identity_key
),

final as (
    select
        pairs.identity_key_a,
        pairs.identity_key_b,
        case
            when a.first_name is null or b.first_name is null then 'missing'
            when a.first_name = b.first_name then 'exact'
            when {{ identity_scripts_differ('a.first_name', 'b.first_name') }} then 'missing'
            when a.first_name = b.last_name and a.last_name = b.first_name then 'swapped'
            when exists (
                select 1 from unnest(a.first_names) as full_name
                where full_name in unnest(b.first_names)
            ) then 'nickname'
            when
                (length(a.first_name) = 1 or length(b.first_name) = 1)
                and left(a.first_name, 1) = left(b.first_name, 1) then 'initial'
            when {{ identity_is_slip('a.first_name', 'b.first_name') }} then 'close'
            when regexp_extract(a.first_name, r'^\S+') = regexp_extract(b.first_name, r'^\S+') then 'close'
            when {{ identity_is_swapped_close() }} then 'swapped_close'
            when exists (
                select 1
                from unnest(a.first_names) as name_a, unnest(b.first_names) as name_b
                where {{ identity_is_slip('name_a', 'name_b') }}
            ) then 'nickname_close'
            when exists (
                select 1 from unnest(a.short_names) as short_name
                where {{ identity_is_slip('short_name', 'b.first_name') }}
            ) then 'nickname_close'
            when exists (
                select 1 from unnest(b.short_names) as short_name
                where {{ identity_is_slip('short_name', 'a.first_name') }}
            ) then 'nickname_close'
            when {{ identity_is_alike('a.first_name', 'b.first_name') }} then 'alike'
            else 'different'
        end as first_name_level,
        case
            when a.last_name is null or b.last_name is null then 'missing'
            when a.last_name = b.last_name then 'exact'
            when {{ identity_scripts_differ('a.last_name', 'b.last_name') }} then 'missing'
            when a.first_name = b.last_name and a.last_name = b.first_name then 'exact'
            when {{ identity_is_slip('a.last_name', 'b.last_name') }} then 'close'
            when
                a.last_name in unnest(split(b.last_name, ' '))
                or b.last_name in unnest(split(a.last_name, ' '))
                then 'close'
            when {{ identity_is_swapped_close() }} then 'close'
            when {{ identity_is_alike('a.last_name', 'b.last_name') }} then 'alike'
            else 'different'
        end as last_name_level,
        -- The second of a name may be its junior.
        case
            when a.name_suffix is null or b.name_suffix is null then 'missing'
            when a.name_suffix = b.name_suffix then 'exact'
            when a.name_suffix in ('jr', 'ii') and b.name_suffix in ('jr', 'ii') then 'missing'
            else 'different'
        end as name_suffix_level,
        case
            when a.email is null or b.email is null then 'missing'
            when a.email = b.email then 'exact'
            -- Providers give namesakes numbers: another number is another mailbox, not a slip.
            when
                regexp_replace(a.email, r'[^0-9]', '') != regexp_replace(b.email, r'[^0-9]', '')
                and (
                    regexp_replace(a.email, r'[0-9]', '') = regexp_replace(b.email, r'[0-9]', '')
                    or {{ identity_is_slip('a.email', 'b.email') }}
                ) then 'numbered'
            when {{ identity_is_slip('a.email', 'b.email') }} then 'close'
            when
                regexp_extract(a.email, r'^([^@]{6,})@') = regexp_extract(b.email, r'^([^@]{6,})@')
                then 'mailbox'
            else 'different'
        end as email_level,
        case
            when a.phone is null or b.phone is null then 'missing'
            when a.phone = b.phone then 'exact'
            when edit_distance(a.phone, b.phone) = 1 then 'close'
            else 'different'
        end as phone_level,
        -- Where one lives at home and the other works elsewhere, the phone's area code may still give the home.
        case
            when a.phone = b.phone or a.city = b.city then 'missing'
            when a.phone_city = b.city or b.phone_city = a.city or a.phone_city = b.phone_city then 'exact'
            when coalesce(a.phone_city, a.city) is null or coalesce(b.phone_city, b.city) is null then 'missing'
            when a.phone_city is null and b.phone_city is null then 'missing'
            else 'different'
        end as phone_city_level,
        case
            when a.user_id is null or b.user_id is null then 'missing'
            when a.user_id = b.user_id then 'exact'
            else 'different'
        end as user_id_level,
        case
            when a.birth_date is null or b.birth_date is null then 'missing'
            when a.birth_date = b.birth_date then 'exact'
            when edit_distance(cast(a.birth_date as string), cast(b.birth_date as string)) = 1 then 'close'
            when
                extract(year from a.birth_date) = extract(year from b.birth_date)
                and extract(month from a.birth_date) = extract(day from b.birth_date)
                and extract(day from a.birth_date) = extract(month from b.birth_date) then 'close'
            when edit_distance(cast(a.birth_date as string), cast(b.birth_date as string)) = 2 then 'alike'
            -- Each part slipped: by one, or the year by ten.
            when
                abs(extract(year from a.birth_date) - extract(year from b.birth_date)) in (0, 1, 10)
                and abs(extract(month from a.birth_date) - extract(month from b.birth_date)) in (0, 1, 11)
                and abs(extract(day from a.birth_date) - extract(day from b.birth_date)) <= 4 then 'near'
            -- So far apart are a parent and a child who have one name.
            when abs(extract(year from a.birth_date) - extract(year from b.birth_date)) >= 15 then 'generation'
            else 'different'
        end as birth_date_level,
        case
            when a.street is null or b.street is null then 'missing'
            when a.street = b.street then 'exact'
            when
                edit_distance(a.street, b.street) <= 0.25 * greatest(length(a.street), length(b.street))
                then 'close'
            else 'different'
        end as street_level,
        case
            when a.postcode is null or b.postcode is null then 'missing'
            when a.postcode = b.postcode then 'exact'
            when edit_distance(a.postcode, b.postcode) = 1 then 'close'
            when a.city = b.city then 'city'
            else 'different'
        end as postcode_level,
        -- The city says nothing more where the postcodes are known.
        case
            when (a.postcode is not null and b.postcode is not null) or a.city is null or b.city is null
                then 'missing'
            when a.city = b.city then 'exact'
            when {{ identity_is_slip('a.city', 'b.city') }} then 'close'
            else 'different'
        end as city_level,
        case
            when a.company is null or b.company is null then 'missing'
            when a.company = b.company then 'exact'
            when {{ identity_is_slip('a.company', 'b.company') }} then 'close'
            when
                starts_with(a.company, concat(b.company, ' '))
                or starts_with(b.company, concat(a.company, ' '))
                then 'part'
            else 'different'
        end as company_level,
        a.is_at_work != b.is_at_work as is_work_and_home
    from pairs
    inner join features as a on pairs.identity_key_a = a.identity_key
    inner join features as b on pairs.identity_key_b = b.identity_key
)

select * from final
