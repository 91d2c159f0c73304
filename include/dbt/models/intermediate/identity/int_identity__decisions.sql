{{ config(materialized='view') }}

{#- Before the warehouse has its table, nobody has decided anything. -#}
{%- set decisions = load_relation(api.Relation.create(
    database=target.project, schema=var('ops_dataset'), identifier='identity_decisions'
)) if execute -%}

with final as (
    {%- if decisions %}
    select
        decision_id,
        identity_key_a,
        identity_key_b,
        decision,
        withdrawn_at is null as is_in_force
    from {{ decisions }}
    qualify row_number() over (
        partition by identity_key_a, identity_key_b
        order by decided_at desc, decision_id desc
    ) = 1
    {%- else %}
    select
        '' as decision_id,
        '' as identity_key_a,
        '' as identity_key_b,
        '' as decision,
        false as is_in_force
    from unnest(cast([] as array<int64>))
    {%- endif %}
)

select * from final
