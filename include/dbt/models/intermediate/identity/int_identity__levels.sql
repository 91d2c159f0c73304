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
        a.record_count,
        concat(
            comparison.comparison_name,
            if(comparison.has_place and comparisons.is_work_and_home, '_elsewhere', '')
        )
            as comparison_name,
        comparison.agreement,
        comparison.frequency
    from comparisons
    inner join features as a on comparisons.identity_key_a = a.identity_key
    inner join features as b on comparisons.identity_key_b = b.identity_key
    cross join
        unnest([
            struct(
                'first_name' as comparison_name,
                false as has_place,
                comparisons.first_name_level as agreement,
                a.first_name_frequency as frequency
            ),
            struct(
                'last_name' as comparison_name,
                false as has_place,
                comparisons.last_name_level as agreement,
                a.last_name_frequency as frequency
            ),
            struct(
                'name_suffix' as comparison_name,
                false as has_place,
                comparisons.name_suffix_level as agreement,
                cast(null as float64) as frequency
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
                'phone_city' as comparison_name,
                true as has_place,
                comparisons.phone_city_level as agreement,
                if(
                    coalesce(a.phone_city in (b.city, b.phone_city), false),
                    a.phone_city_frequency,
                    b.phone_city_frequency
                ) as frequency
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
                    comparisons.postcode_level = 'city', a.city_frequency, a.postcode_frequency
                ) as frequency
            ),
            struct(
                'city' as comparison_name,
                true as has_place,
                comparisons.city_level as agreement,
                a.city_frequency as frequency
            ),
            struct(
                'company' as comparison_name,
                false as has_place,
                comparisons.company_level as agreement,
                a.company_frequency as frequency
            )
        ]) as comparison
    where comparison.agreement != 'missing'
)

select * from final
