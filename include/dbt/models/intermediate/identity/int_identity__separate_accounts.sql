{{ config(materialized='view') }}

with comparisons as (
    select * from {{ ref('int_identity__comparisons') }}
),

features as (
    select * from {{ ref('int_identity__features') }}
),

-- All records of a login are one person's, so two logins are compared with all that is known of each: a single pair of
-- their records hides a contradiction where one has no phone and the other no mailbox.
accounts as (
    select
        user_id,
        logical_or(email is not null) as has_email
    from features
    where user_id is not null
    group by user_id
),

pairs as (
    select
        comparisons.identity_key_a,
        comparisons.identity_key_b,
        least(a.user_id, b.user_id) as first_user_id,
        greatest(a.user_id, b.user_id) as second_user_id,
        comparisons.email_level in ('exact', 'close', 'mailbox')
        or comparisons.phone_level in ('exact', 'close')
        or comparisons.birth_date_level in ('exact', 'close') as has_something_in_common
    from comparisons
    inner join features as a on comparisons.identity_key_a = a.identity_key
    inner join features as b on comparisons.identity_key_b = b.identity_key
    where a.user_id != b.user_id
),

-- Without a mailbox on both sides too little is known to separate a second account from a namesake's.
final as (
    select
        pairs.identity_key_a,
        pairs.identity_key_b
    from pairs
    inner join accounts as first_account on pairs.first_user_id = first_account.user_id
    inner join accounts as second_account on pairs.second_user_id = second_account.user_id
    where first_account.has_email and second_account.has_email
    qualify not logical_or(pairs.has_something_in_common) over (
        partition by pairs.first_user_id, pairs.second_user_id
    )
)

select * from final
