{{ config(
    materialized='table',
    cluster_by=['identity_key', 'customer_id'],
    labels={'layer': 'silver', 'domain': 'identity', 'pii': 'true'},
) }}
-- depends_on: {{ ref('int_identity__merge_history') }}

with final as (
    select
        identity_key,
        source,
        source_entity,
        source_record_id,
        customer_id,
        match_rule,
        match_probability,
        cluster_size,
        anchor_identity_key,
        alias_customer_id,
        is_deleted,
        first_linked_date,
        updated_date
    from {{ ref('int_identity__assignments') }}
)

select * from final
