-- The present customers that a key or a hash of an e-mail address leads to. Parameters: identity_key, customer_id,
-- email_sha256; one of them is given, the others are null.
with identity_map as (
    select * from `{{ project_id }}.{{ silver_dataset }}.identity_map`
),

records as (
    select * from `{{ project_id }}.{{ intermediate_dataset }}.int_identity__records`
),

final as (
    select customer_id
    from identity_map
    where
        identity_key = @identity_key
        or customer_id = @customer_id
        or alias_customer_id = @customer_id
    union distinct
    select identity_map.customer_id
    from records
    inner join identity_map on records.identity_key = identity_map.identity_key
    where @email_sha256 in (to_hex(sha256(lower(trim(records.email)))), to_hex(sha256(records.email_normalized)))
)

select customer_id
from final
order by customer_id
