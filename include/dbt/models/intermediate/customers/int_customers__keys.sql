with identity_map as (
    select * from {{ ref('identity_map') }}
),

final as (
    select
        identity_key,
        source,
        source_entity,
        source_record_id,
        is_deleted,
        -- Of a person whose every record was deleted nothing may be joined together any more, and an ad click
        -- without a visit is nobody.
        if(
            logical_and(is_deleted or source = 'google_ads') over (partition by customer_id), null, customer_id
        ) as customer_id
    from identity_map
)

select * from final
