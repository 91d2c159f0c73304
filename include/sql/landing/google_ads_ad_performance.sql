-- The connector's rows are per network and keyword too: they are added up. What a campaign without ads (Performance
-- Max) did is known of the campaign only: its ad and ad group are 0. Names are those of the day of landing.
with
newest_campaigns as (
    select * from campaigns
    qualify row_number() over (partition by _connection, id order by updated_at desc, _fivetran_synced desc) = 1
),

newest_ad_groups as (
    select * from ad_groups
    qualify row_number() over (partition by _connection, id order by updated_at desc, name asc) = 1
),

newest_ads as (
    select * from ads
    qualify row_number() over (partition by _connection, id, ad_group_id order by updated_at desc, type asc) = 1
),

stats_of_ads as (
    select
        * except (ad_group_id, ad_group_name),
        -- Some reports have the ad group as a resource name: customers/1/adGroups/2.
        coalesce(ad_group_id, safe_cast(regexp_extract(ad_group_name, r'adGroups/([0-9]+)') as int64)) as ad_group_id
    from ad_stats
),

campaign_days_with_ads as (
    select distinct
        _connection,
        campaign_id,
        date
    from stats_of_ads
),

stats_without_ads as (
    select
        campaign_stats.*,
        0 as ad_group_id,
        0 as ad_id
    from campaign_stats
    left join campaign_days_with_ads
        on
            campaign_stats.campaign_id = campaign_days_with_ads.campaign_id
            and campaign_stats.date = campaign_days_with_ads.date
            and campaign_stats._connection = campaign_days_with_ads._connection
    where campaign_days_with_ads.campaign_id is null
),

stats as (
    select
        _connection,
        date,
        customer_id,
        campaign_id,
        ad_group_id,
        ad_id,
        ad_network_type,
        device,
        impressions,
        clicks,
        interactions,
        cost_micros,
        conversions,
        conversions_value,
        view_through_conversions,
        _fivetran_synced
    from stats_of_ads
    union all
    select
        _connection,
        date,
        customer_id,
        campaign_id,
        ad_group_id,
        ad_id,
        ad_network_type,
        device,
        impressions,
        clicks,
        interactions,
        cost_micros,
        conversions,
        conversions_value,
        view_through_conversions,
        _fivetran_synced
    from stats_without_ads
),

daily as (
    select
        _connection,
        date,
        customer_id,
        campaign_id,
        ad_group_id,
        ad_id,
        device,
        if(count(distinct ad_network_type) > 1, 'MIXED', max(ad_network_type)) as ad_network_type,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(interactions) as interactions,
        sum(cost_micros) as cost_micros,
        -- As NUMERIC, so that the sum is the same in any order of rows.
        cast(sum(cast(conversions as numeric)) as float64) as conversions,
        sum(conversions_value) as conversions_value,
        sum(view_through_conversions) as view_through_conversions,
        coalesce(
            max(_fivetran_synced), timestamp_sub(timestamp(date_add(date, interval 1 day)), interval 1 microsecond)
        ) as _fivetran_synced
    from stats
    group by _connection, date, customer_id, campaign_id, ad_group_id, ad_id, device
),

final as (
    select
        daily.*,
        newest_campaigns.name as campaign_name,
        newest_ad_groups.name as ad_group_name,
        newest_ads.type as ad_type
    from daily
    left join newest_campaigns
        on daily.campaign_id = newest_campaigns.id and daily._connection = newest_campaigns._connection
    left join newest_ad_groups
        on daily.ad_group_id = newest_ad_groups.id and daily._connection = newest_ad_groups._connection
    left join newest_ads
        on
            daily.ad_id = newest_ads.id
            and daily.ad_group_id = newest_ads.ad_group_id
            and daily._connection = newest_ads._connection
)

select * from final
