-- depends_on: {{ ref('int_identity__comparisons') }}
with final as (
    select * from {{ ref('int_identity__block_members') }}
)

select * from final
