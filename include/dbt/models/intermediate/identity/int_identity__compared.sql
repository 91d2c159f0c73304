-- depends_on: {{ ref('int_identity__comparisons') }}
with final as (
    select
        block_key,
        identity_key,
        fingerprint
    from {{ ref('int_identity__block_members') }}
)

select * from final
