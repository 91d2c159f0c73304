{{ config(materialized='view') }}

with comparisons as (
    select * from {{ ref('int_identity__comparisons') }}
),

features as (
    select * from {{ ref('int_identity__features') }}
),

-- `frequency` is how common the value is that both agree on. What a record at work and one at home have in
-- common has weights of its own.
final as (
    select
        comparisons.identity_key_a,
        comparisons.identity_key_b,
        features.record_count,
        concat(comparison.name, if(comparison.has_place and comparisons.is_work_and_home, '_elsewhere', '')) as name,
        comparison.level,
        comparison.frequency,
    from comparisons
    inner join features on comparisons.identity_key_a = features.identity_key
    cross join unnest([
        struct(
            'first_name' as name,
            false as has_place,
            comparisons.first_name_level as level,
            features.first_name_frequency as frequency
        ),
        struct(
            'last_name' as name,
            false as has_place,
            comparisons.last_name_level as level,
            features.last_name_frequency as frequency
        ),
        struct(
            'email' as name,
            true as has_place,
            comparisons.email_level as level,
            cast(null as float64) as frequency
        ),
        struct(
            'phone' as name,
            true as has_place,
            comparisons.phone_level as level,
            cast(null as float64) as frequency
        ),
        struct(
            'user_id' as name,
            false as has_place,
            comparisons.user_id_level as level,
            cast(null as float64) as frequency
        ),
        struct(
            'birth_date' as name,
            false as has_place,
            comparisons.birth_date_level as level,
            cast(null as float64) as frequency
        ),
        struct(
            'street' as name,
            true as has_place,
            comparisons.street_level as level,
            cast(null as float64) as frequency
        ),
        struct(
            'postcode' as name,
            true as has_place,
            comparisons.postcode_level as level,
            if(comparisons.postcode_level = 'city', features.city_frequency, features.postcode_frequency) as frequency
        ),
        struct(
            'city' as name,
            true as has_place,
            comparisons.city_level as level,
            features.city_frequency as frequency
        ),
        struct(
            'company' as name,
            false as has_place,
            comparisons.company_level as level,
            features.company_frequency as frequency
        )
    ]) as comparison
    where comparison.level != 'missing'
)

select * from final
