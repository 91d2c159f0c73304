{#- Two records are compared where they share a block: all the expressions of a rule are equal. Each rule
    forgives another defect. -#}
{%- set rules = [
    ('email', 'features', ['email']),
    ('phone', 'features', ['phone']),
    ('mailbox', 'features', ["regexp_extract(email, r'^([^@]{6,})@')"]),
    ('name', 'named', ['full_name', 'last_name']),
    ('name', 'features', ['last_name', 'first_name']),
    ('sound', 'features', ['soundex(first_name)', 'soundex(last_name)', 'left(postcode, 3)']),
    ('sound_name', 'named', ['soundex(full_name)', 'soundex(last_name)']),
    ('home', 'features', ['last_name', 'postcode']),
    ('first_home', 'named', ['full_name', 'postcode']),
    ('door', 'features', ['street', 'left(postcode, 2)']),
    ('first_city', 'named', ['full_name', 'soundex(last_name)', 'city']),
    ('birth_first', 'features', ['cast(birth_date as string)', 'left(first_name, 2)']),
    ('birth_last', 'features', ['cast(birth_date as string)', 'left(last_name, 2)']),
    ('work_first', 'named', ['full_name', 'company']),
    ('work_last', 'features', ['last_name', 'company']),
    ('browser', 'browsing', ['device']),
] -%}

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
        same_user.identity_key
    from identifiers as device
    inner join
        identifiers as login
        on device.identity_key = login.identity_key and login.identifier_type = 'user_id'
    inner join identifiers as same_user
        on login.identifier_value = same_user.identifier_value and same_user.identifier_type = 'user_id'
    where device.identifier_type = 'device'
    union distinct
    select
        identifier_value as device,
        identity_key
    from identifiers
    where identifier_type = 'device'
),

first_names as (
    select distinct
        identity_key,
        full_name as first_name
    from features, unnest(first_names) as full_name
    where full_name is not null
),

browsing as (
    select
        features.identity_key,
        browser_users.device
    from features
    inner join browser_users on features.identity_key = browser_users.identity_key
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

-- A block that grew too big says little and would cost n² comparisons: the other rules find its pairs.
final as (
    select
        distinct_keys.block_key,
        distinct_keys.identity_key,
        features.fingerprint
    from distinct_keys
    inner join features on distinct_keys.identity_key = features.identity_key
    where true
    qualify
        count(*) over (partition by distinct_keys.block_key)
        <= {{ var('identity_max_records_per_block') }}
)

select * from final
