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
        concat(
            comparison.comparison_name,
            if(comparison.has_place and comparisons.is_work_and_home, '_elsewhere', '')
        )
            as comparison_name,
        comparison.agreement,
        comparison.frequency
    from comparisons
    inner join features on comparisons.identity_key_a = features.identity_key
    cross join
        unnest([
            struct(
                'first_name' as comparison_name,
                false as has_place,
                comparisons.first_name_level as agreement,
                features.first_name_frequency as frequency
            ),
            struct(
                'last_name' as comparison_name,
                false as has_place,
                comparisons.last_name_level as agreement,
                features.last_name_frequency as frequency
            ),
            struct(
                'email' as comparison_name,
                true as has_place,
                comparisons.email_level as agreement,
                cast(null as float64) as frequency
            ),
            struct(
                'phone' as comparison_name,
                true as has_place,
                comparisons.phone_level as agreement,
                cast(null as float64) as frequency
            ),
            struct(
                'user_id' as comparison_name,
                false as has_place,
                comparisons.user_id_level as agreement,
                cast(null as float64) as frequency
            ),
            struct(
                'birth_date' as comparison_name,
                false as has_place,
                comparisons.birth_date_level as agreement,
                cast(null as float64) as frequency
            ),
            struct(
                'street' as comparison_name,
                true as has_place,
                comparisons.street_level as agreement,
                cast(null as float64) as frequency
            ),
            struct(
                'postcode' as comparison_name,
                true as has_place,
                comparisons.postcode_level as agreement,
                if(
                    comparisons.postcode_level = 'city', features.city_frequency, features.postcode_frequency
                ) as frequency
            ),
            struct(
                'city' as comparison_name,
                true as has_place,
                comparisons.city_level as agreement,
                features.city_frequency as frequency
            ),
            struct(
                'company' as comparison_name,
                false as has_place,
                comparisons.company_level as agreement,
                features.company_frequency as frequency
            )
        ]) as comparison
    where comparison.agreement != 'missing'
)

select * from final
