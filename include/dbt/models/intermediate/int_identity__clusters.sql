{{ config(
    pre_hook="{{ identity_components(
        'select identity_key as node from ' ~ ref('int_identity__records')
        ~ ' union distinct select node_b from ' ~ ref('int_identity__edges'),
        'select node_a, node_b from ' ~ ref('int_identity__edges')
    ) }}",
    post_hook="{{ identity_drop_work_tables(['labels', 'links', 'parents', 'jumped']) }}",
) }}
-- depends_on: {{ ref('int_identity__records') }}
-- depends_on: {{ ref('int_identity__edges') }}

with final as (
    select
        node,
        min(node) over (partition by component) as cluster_id,
    from {{ identity_work_table('labels') }}
)

select * from final
