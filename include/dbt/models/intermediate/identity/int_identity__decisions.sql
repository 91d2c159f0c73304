{{ config(materialized='view') }}

{#- Before the warehouse has its table, nobody has decided anything. -#}
{%- set decisions = identity_former_table(var('ops_dataset'), 'identity_decisions') -%}

with
{%- if decisions %}

decisions as (
    select * from {{ decisions }}
),
{%- else %}

decisions as (
    select
        '' as decision_id,
        '' as identity_key_a,
        '' as identity_key_b,
        '' as decision,
        cast(null as timestamp) as decided_at,
        cast(null as timestamp) as withdrawn_at
    from unnest(cast([] as array<int64>))
),
{%- endif %}

final as (
    select
        decision_id,
        identity_key_a,
        identity_key_b,
        decision,
        withdrawn_at is null as is_in_force
    from decisions
    where true
    qualify row_number() over (
        partition by identity_key_a, identity_key_b
        order by decided_at desc, decision_id desc
    ) = 1
)

select * from final
