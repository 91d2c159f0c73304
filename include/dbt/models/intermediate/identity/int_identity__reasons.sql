{{ config(materialized='view') }}

with levels as (
    select * from {{ ref('int_identity__levels') }}
),

weights as (
    select * from {{ ref('int_identity__weights') }}
),

final as (
    select
        levels.identity_key_a,
        levels.identity_key_b,
        levels.comparison_name,
        levels.agreement,
        log(weights.same_person / {{ identity_stranger() }}, 2) as bits_over_strangers,
        log(weights.same_person / coalesce(weights.housemate, {{ identity_stranger() }}), 2) as bits_over_housemates,
        log(weights.same_person / coalesce(weights.colleague, {{ identity_stranger() }}), 2) as bits_over_colleagues
    from levels
    inner join weights on levels.comparison_name = weights.comparison and levels.agreement = weights.level
)

select * from final
