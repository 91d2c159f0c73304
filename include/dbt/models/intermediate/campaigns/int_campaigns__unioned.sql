with google_ads as (
    select * from {{ ref('stg_google_ads__campaigns') }}
),

braze as (
    select * from {{ ref('stg_braze__campaigns') }}
),

unioned as (
    select
        'google_ads' as platform,
        campaign_id,
        campaign_name,
        channel_type as campaign_type,
        campaign_status,
        -- A click on a display ad arrives as medium cpc: only the campaign knows better.
        if(channel_type in ('DISPLAY', 'VIDEO'), 'display', 'cpc') as medium,
        synced_at
    from google_ads
    union all
    select
        'braze' as platform,
        campaign_id,
        campaign_name,
        message_type as campaign_type,
        case when is_archived then 'archived' when is_draft then 'draft' else 'active' end as campaign_status,
        message_type as medium,
        synced_at
    from braze
),

final as (
    select
        platform,
        campaign_id,
        campaign_name,
        campaign_type,
        campaign_status,
        medium,
        {{ channel_of('platform', 'medium') }} as channel,
        synced_at
    from unioned
)

select * from final
