{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='node',
    cluster_by=['node'],
    pre_hook="{{ identity_cluster_script() }}",
    post_hook="{{ identity_drop_work_tables() }}",
) }}
-- depends_on: {{ ref('int_identity__records') }}
-- depends_on: {{ ref('int_identity__edges') }}

with labels as (
    select * from {{ identity_work_table('labels') }}
),

nodes as (
    select * from {{ identity_work_table('nodes') }}
),

final as (
    select
        labels.node,
        min(labels.node) over (partition by labels.component) as component_id,
        min(labels.node) over (partition by labels.component, labels.cluster) as cluster_id,
        nodes.edges_hash
    from labels
    inner join nodes on labels.node = nodes.node
)

select * from final
