{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['changed_date', 'old_customer_id', 'new_customer_id'],
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}

{#- The map as it was before this run, which replaces it after this model. -#}
{%- set previous_map = identity_former_table(var('silver_dataset'), 'identity_map') -%}

with assignments as (
    select * from {{ ref('int_identity__assignments') }}
),

previous as (
    select
        identity_key,
        customer_id
    from {{ previous_map or 'assignments' }}
),

decisions as (
    select * from {{ ref('int_identity__decisions') }}
),

previous_ids as (
    select distinct customer_id from previous
),

present_ids as (
    select distinct customer_id from assignments
),

newest as (
    -- What an erasure took away may have been the newest: a split is dated after the merge that it undoes.
    select greatest(max(updated_date), {{ window_end() }}) as changed_date from assignments
),

moved as (
    select
        previous.customer_id as old_customer_id,
        assignments.customer_id as new_customer_id,
        count(*) as record_count
    from previous
    inner join assignments on previous.identity_key = assignments.identity_key
    where previous.customer_id != assignments.customer_id
    group by previous.customer_id, assignments.customer_id
),

-- Decisions that this run has carried out, or whose withdrawal it has: both records were together and are not now, or
-- the other way round.
carried_out as (
    select
        decisions.decision_id,
        previous_a.customer_id as old_customer_id_a,
        previous_b.customer_id as old_customer_id_b,
        a.customer_id as new_customer_id_a,
        b.customer_id as new_customer_id_b
    from decisions
    inner join previous as previous_a on decisions.identity_key_a = previous_a.identity_key
    inner join previous as previous_b on decisions.identity_key_b = previous_b.identity_key
    inner join assignments as a on decisions.identity_key_a = a.identity_key
    inner join assignments as b on decisions.identity_key_b = b.identity_key
    where
        (previous_a.customer_id = previous_b.customer_id) != (a.customer_id = b.customer_id)
        and (a.customer_id = b.customer_id) = ((decisions.decision = 'same_person') = decisions.is_in_force)
),

decided as (
    select
        old_customer_id,
        new_customer_id,
        max(decision_id) as decision_id
    from
        carried_out,
        unnest([old_customer_id_a, old_customer_id_b]) as old_customer_id,
        unnest([new_customer_id_a, new_customer_id_b]) as new_customer_id
    group by old_customer_id, new_customer_id
),

final as (
    select
        newest.changed_date,
        moved.old_customer_id,
        moved.new_customer_id,
        case
            when present_ids.customer_id is null and previous_ids.customer_id is not null then 'merged'
            when present_ids.customer_id is null then 'renamed'
            when previous_ids.customer_id is null then 'split'
            else 'moved'
        end as reason,
        moved.record_count,
        decided.decision_id
    from moved
    cross join newest
    left join decided
        on moved.old_customer_id = decided.old_customer_id and moved.new_customer_id = decided.new_customer_id
    left join present_ids on moved.old_customer_id = present_ids.customer_id
    left join previous_ids on moved.new_customer_id = previous_ids.customer_id
)

select * from final
