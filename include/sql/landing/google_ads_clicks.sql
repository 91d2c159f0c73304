-- Google Ads reports the day of a click, not its time; the ad and the places are resource names.
with
newest_campaigns as (
    select * from campaigns
    qualify row_number() over (partition by _connection, id order by updated_at desc, _fivetran_synced desc) = 1
),

distinct_clicks as (
    select * from clicks
    qualify row_number() over (partition by _connection, gclid, date order by _fivetran_synced desc, click_type asc) = 1
),

final as (
    select
        distinct_clicks.* except (ad, country, city, _fivetran_synced),
        newest_campaigns.name as campaign_name,
        safe_cast(regexp_extract(distinct_clicks.ad, r'([0-9]+)$') as int64) as ad_id,
        countries.name as location_country,
        cities.name as location_city,
        timestamp(distinct_clicks.date) as click_timestamp,
        coalesce(
            distinct_clicks._fivetran_synced,
            timestamp_sub(timestamp(date_add(distinct_clicks.date, interval 1 day)), interval 1 microsecond)
        ) as _fivetran_synced
    from distinct_clicks
    left join newest_campaigns
        on
            distinct_clicks.campaign_id = newest_campaigns.id
            and distinct_clicks._connection = newest_campaigns._connection
    left join places as countries
        on
            safe_cast(regexp_extract(distinct_clicks.country, r'([0-9]+)$') as int64) = countries.id
            and distinct_clicks._connection = countries._connection
    left join places as cities
        on
            safe_cast(regexp_extract(distinct_clicks.city, r'([0-9]+)$') as int64) = cities.id
            and distinct_clicks._connection = cities._connection
)

select * from final
