with features as (
    select * from {{ ref('int_identity__features') }}
),

identifiers as (
    select * from {{ ref('int_identity__identifiers') }}
    where exclusion_reason is null
),

-- Who used a browser: the records that carry it, and those of the user who logged in on it.
browser_users as (
    select
        device.identifier_value as device,
        same_user.identity_key,
    from identifiers as device
    inner join identifiers as login on device.identity_key = login.identity_key and login.identifier_type = 'user_id'
    inner join identifiers as same_user
        on login.identifier_value = same_user.identifier_value and same_user.identifier_type = 'user_id'
    where device.identifier_type = 'device'
    union distinct
    select
        identifier_value as device,
        identity_key,
    from identifiers
    where identifier_type = 'device'
),

first_names as (
    select distinct
        identity_key,
        full_name as first_name,
    from features, unnest(first_names) as full_name
    where full_name is not null
),

-- Two records are compared where they share a block. Each rule forgives another defect.
keyed as (
    select identity_key, concat('email:', email) as block_key from features
    union all
    select identity_key, concat('phone:', phone) from features
    union all
    -- The same mailbox name at another provider, or a slip in the provider's name.
    select identity_key, concat('mailbox:', regexp_extract(email, r'^([^@]{6,})@')) from features
    union all
    select features.identity_key, concat('name:', first_names.first_name, '|', features.last_name)
    from features
    inner join first_names on features.identity_key = first_names.identity_key
    union all
    -- First and last name the wrong way round.
    select identity_key, concat('name:', last_name, '|', first_name) from features
    union all
    select identity_key, concat('sound:', soundex(first_name), '|', soundex(last_name), '|', left(postcode, 3))
    from features
    union all
    select first_names.identity_key, concat('sound_name:', soundex(first_names.first_name), '|', soundex(features.last_name))
    from features
    inner join first_names on features.identity_key = first_names.identity_key
    union all
    select identity_key, concat('home:', last_name, '|', postcode) from features
    union all
    select first_names.identity_key, concat('first_home:', first_names.first_name, '|', features.postcode)
    from features
    inner join first_names on features.identity_key = first_names.identity_key
    union all
    select identity_key, concat('door:', street, '|', left(postcode, 2)) from features
    union all
    select first_names.identity_key, concat('first_city:', first_names.first_name, '|', soundex(features.last_name), '|', features.city)
    from features
    inner join first_names on features.identity_key = first_names.identity_key
    union all
    select identity_key, concat('birth_first:', cast(birth_date as string), '|', left(first_name, 2)) from features
    union all
    select identity_key, concat('birth_last:', cast(birth_date as string), '|', left(last_name, 2)) from features
    union all
    select first_names.identity_key, concat('work_first:', first_names.first_name, '|', features.company)
    from features
    inner join first_names on features.identity_key = first_names.identity_key
    union all
    select identity_key, concat('work_last:', last_name, '|', company) from features
    union all
    select features.identity_key, concat('browser:', browser_users.device)
    from features
    inner join browser_users on features.identity_key = browser_users.identity_key
),

distinct_keys as (
    select distinct
        identity_key,
        block_key,
    from keyed
    where block_key is not null
),

-- A block that grew too big says little and would cost n² comparisons: the other rules find its pairs.
final as (
    select
        distinct_keys.block_key,
        distinct_keys.identity_key,
        features.fingerprint,
    from distinct_keys
    inner join features on distinct_keys.identity_key = features.identity_key
    where true
    qualify
        count(*) over (partition by distinct_keys.block_key) <= {{ identity_setting('max_records_per_block') }}
)

select * from final
