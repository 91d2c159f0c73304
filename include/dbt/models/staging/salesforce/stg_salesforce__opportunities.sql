{{
    config(
        incremental_strategy='merge',
        unique_key='opportunity_id',
        cluster_by=['opportunity_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('salesforce', 'salesforce_opportunities') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        id as opportunity_id,
        account_id,
        contact_id,
        owner_id,
        campaign_id,
        name as opportunity_name,
        type as opportunity_type,
        stage_name,
        amount, -- negative: a credit,
        if(probability between 0 and 100, probability / 100, null) as win_probability,
        {{ non_negative('expected_revenue') }} as expected_revenue,
        close_date,
        coalesce(is_closed, false) as is_closed,
        coalesce(is_won, false) as is_won,
        lead_source,
        forecast_category,
        loss_reason__c as loss_reason,
        custom_fields,
        created_date as created_at,
        last_modified_date as updated_at,
        system_modstamp as system_updated_at,
        {{ deleted('is_deleted') }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'opportunity_id') }}
)

select * from final
