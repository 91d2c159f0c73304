{{ config(materialized='view') }}

{#- Before the warehouse has its tables, nothing was fitted. -#}
{%- set fits = identity_former_table(var('ops_dataset'), 'identity_fits') -%}
{%- set fit_weights = identity_former_table(var('ops_dataset'), 'identity_fit_weights') -%}

with shipped as (
    select * from {{ ref('identity_weights') }}
),
{%- if fits and fit_weights %}

adopted as (
    select fit_id
    from {{ fits }}
    where is_adopted
    qualify row_number() over (order by fitted_at desc, fit_id desc) = 1
),

fitted as (
    select fit_weights.*
    from {{ fit_weights }} as fit_weights
    inner join adopted on fit_weights.fit_id = adopted.fit_id
),
{%- else %}

fitted as (
    select
        '' as fit_id,
        '' as comparison,
        '' as level,
        cast(null as float64) as same_person,
        cast(null as float64) as housemate,
        cast(null as float64) as colleague
    from unnest(cast([] as array<int64>))
),
{%- endif %}

final as (
    select
        shipped.comparison,
        shipped.level,
        fitted.fit_id,
        coalesce(fitted.same_person, shipped.same_person) as same_person,
        shipped.stranger,
        shipped.stranger_basis,
        coalesce(fitted.housemate, shipped.housemate) as housemate,
        coalesce(fitted.colleague, shipped.colleague) as colleague
    from shipped
    left join fitted on shipped.comparison = fitted.comparison and shipped.level = fitted.level
)

select * from final
