{#- Two records are compared where they share a block: all the expressions of a rule are equal. Each rule
    forgives another defect. -#}
{%- set rules = [
    ('email', 'features', ['email']),
    ('phone', 'features', ['phone']),
    ('mailbox', 'features', ["regexp_extract(email, r'^([^@]{6,})@')"]),
    ('name', 'named', ['full_name', 'last_name']),
    ('name', 'features', ['last_name', 'first_name']),
    ('name_start', 'named', ['full_name', 'left(last_name, 3)']),
    ('start_name', 'features', ['left(first_name, 2)', 'last_name']),
    ('sound', 'features', ["nullif(soundex(first_name), '')", "nullif(soundex(last_name), '')", 'left(postcode, 3)']),
    ('sound_name', 'named', ["nullif(soundex(full_name), '')", "nullif(soundex(last_name), '')"]),
    ('home', 'features', ['last_name', 'postcode']),
    ('first_home', 'named', ['full_name', 'postcode']),
    ('door', 'features', ['street', 'left(postcode, 2)']),
    ('first_city', 'named', ['full_name', "nullif(soundex(last_name), '')", 'city']),
    ('street', 'features', ['street']),
    ('birth_date', 'features', ['cast(birth_date as string)']),
    ('birth_first', 'features', ['cast(birth_date as string)', 'left(first_name, 2)']),
    ('birth_last', 'features', ['cast(birth_date as string)', 'left(last_name, 2)']),
    ('year_first', 'features', ['cast(extract(year from birth_date) as string)', "nullif(soundex(first_name), '')"]),
    ('year_last', 'features', ['cast(extract(year from birth_date) as string)', "nullif(soundex(last_name), '')"]),
    ('names', 'features', [
        "nullif(least(soundex(first_name), soundex(last_name)), '')", "greatest(soundex(first_name), soundex(last_name))",
    ]),
    ('work_first', 'named', ['full_name', 'company']),
    ('work_last', 'features', ['last_name', 'company']),
    ('browser', 'browsing', ['device']),
    ('click', 'clicking', ['gclid']),
] -%}
{#- These name few people, however many records they have. -#}
{%- set of_people = '^(email|phone):' -%}
{%- set room = var('identity_max_records_per_block') -%}

with all_features as (
    select
        *,
        min(identity_key) over (partition by coalesce(profile, identity_key)) as compared_key
    from {{ ref('int_identity__features') }}
),

-- Of records that say the same, the first.
features as (
    select * from all_features
    where identity_key = compared_key
),

identifiers as (
    select * from {{ ref('int_identity__identifiers') }}
    where exclusion_reason is null
),

-- The records of a login that can be compared; most are anonymous visits, and are left out before anything is joined.
-- With more than a block holds, a browser would name them no better than the login does.
login_records as (
    select
        identifiers.identifier_value as user_id,
        all_features.compared_key as identity_key
    from identifiers
    inner join all_features on identifiers.identity_key = all_features.identity_key
    where identifiers.identifier_type = 'user_id'
    group by identifiers.identifier_value, all_features.compared_key
    qualify count(*) over (partition by identifiers.identifier_value) <= {{ room }}
),

browser_logins as (
    select distinct
        device.identifier_value as device,
        login.identifier_value as user_id
    from identifiers as device
    inner join identifiers as login on device.identity_key = login.identity_key
    where device.identifier_type = 'device' and login.identifier_type = 'user_id'
),

-- Who used a browser: the records that carry it, and those of the user who logged in on it.
browsing as (
    select
        all_features.compared_key as identity_key,
        identifiers.identifier_value as device
    from identifiers
    inner join all_features on identifiers.identity_key = all_features.identity_key
    where identifiers.identifier_type = 'device'
    union distinct
    select
        login_records.identity_key,
        browser_logins.device
    from browser_logins
    inner join login_records on browser_logins.user_id = login_records.user_id
),

first_names as (
    select distinct
        identity_key,
        full_name as first_name
    from features, unnest(first_names) as full_name
    where full_name is not null
),

clicking as (
    select distinct
        all_features.compared_key as identity_key,
        identifiers.identifier_value as gclid
    from all_features
    inner join identifiers on all_features.identity_key = identifiers.identity_key
    where identifiers.identifier_type = 'gclid'
),

-- A record under each name that its first name may stand for.
named as (
    select
        features.*,
        first_names.first_name as full_name
    from features
    inner join first_names on features.identity_key = first_names.identity_key
),

keyed as (
    {%- for rule, relation, parts in rules %}
    {% if not loop.first %}union all
    {% endif -%}
    select
        identity_key,
        concat('{{ rule }}:', {{ parts | join(", '|', ") }}) as block_key
    from {{ relation }}
    {%- endfor %}
),

distinct_keys as (
    select distinct
        identity_key,
        block_key
    from keyed
    where block_key is not null
),

sized as (
    select
        distinct_keys.block_key,
        distinct_keys.identity_key,
        features.fingerprint,
        count(*) over (partition by distinct_keys.block_key) as size,
        row_number() over (
            partition by distinct_keys.block_key
            order by
                features.last_name, features.first_name, features.street, features.fingerprint, features.identity_key
        ) as place
    from distinct_keys
    inner join features on distinct_keys.identity_key = features.identity_key
),

-- A block that grew too big says little and would cost n² comparisons: the other rules find its pairs. What names few
-- people is compared in parts that overlap by half, like beside like.
final as (
    select
        block_key,
        identity_key,
        fingerprint
    from sized
    where size <= {{ room }}
    union all
    select
        concat(sized.block_key, '#', cast(part as string)) as block_key,
        sized.identity_key,
        sized.fingerprint
    from sized, unnest([div(sized.place, {{ room // 2 }}), div(sized.place, {{ room // 2 }}) + 1]) as part
    where
        sized.size > {{ room }}
        and regexp_contains(sized.block_key, r'{{ of_people }}')
)

select * from final
