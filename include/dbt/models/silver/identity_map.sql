{{ config(
    materialized='table',
    cluster_by=['identity_key', 'customer_id'],
    labels={'layer': 'silver', 'domain': 'identity', 'pii': 'true'},
) }}
-- depends_on: {{ ref('int_identity__merge_history') }}

with final as (
    select * from {{ ref('int_identity__assignments') }}
)

select * from final
