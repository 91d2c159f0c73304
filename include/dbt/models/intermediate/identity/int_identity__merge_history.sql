{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['changed_date', 'old_customer_id', 'new_customer_id'],
    full_refresh=false,
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

previous_ids as (
    select distinct customer_id from previous
),

present_ids as (
    select distinct customer_id from assignments
),

newest as (
    select max(updated_date) as changed_date from assignments
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
        moved.record_count
    from moved
    cross join newest
    left join present_ids on moved.old_customer_id = present_ids.customer_id
    left join previous_ids on moved.new_customer_id = previous_ids.customer_id
)

select * from final
