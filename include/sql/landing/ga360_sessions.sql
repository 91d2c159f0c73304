-- One row per session; what it had several times (source, login) is the first or the last that is known.
with
sessions as (
    select
        _connection,
        session_day as date,
        user_pseudo_id as full_visitor_id,
        ga_session_id as visit_id,
        max(ga_session_number) as visit_number,
        max_by(user_id, if(user_id is null, null, hit_number)) as user_id,
        timestamp_micros(min(event_timestamp)) as visit_start_time,
        min_by(channel_group, if(channel_group is null, null, hit_number)) as channel_grouping,
        coalesce(
            min_by(session_source, if(session_source is null, null, hit_number)),
            min_by(event_source, if(event_source is null, null, hit_number)),
            '(direct)'
        ) as traffic_source_source,
        coalesce(
            min_by(session_medium, if(session_medium is null, null, hit_number)),
            min_by(event_medium, if(event_medium is null, null, hit_number)),
            '(none)'
        ) as traffic_source_medium,
        coalesce(
            min_by(session_campaign, if(session_campaign is null, null, hit_number)),
            min_by(event_campaign, if(event_campaign is null, null, hit_number)),
            '(not set)'
        ) as traffic_source_campaign,
        coalesce(
            min_by(session_content, if(session_content is null, null, hit_number)),
            min_by(event_content, if(event_content is null, null, hit_number))
        ) as traffic_source_ad_content,
        min_by(gclid, if(gclid is null, null, hit_number)) as traffic_source_gclid,
        min_by(ads_campaign_id, if(ads_campaign_id is null, null, hit_number)) as traffic_source_campaign_id,
        min_by(page_referrer, if(page_referrer is null, null, hit_number)) as referrer,
        min_by(device_category, if(device_category is null, null, hit_number)) as device_category,
        min_by(browser, if(browser is null, null, hit_number)) as device_browser,
        min_by(device_operating_system, if(device_operating_system is null, null, hit_number))
            as device_operating_system,
        min_by(device_language, if(device_language is null, null, hit_number)) as device_language,
        min_by(geo_country, if(geo_country is null, null, hit_number)) as geo_network_country,
        min_by(geo_region, if(geo_region is null, null, hit_number)) as geo_network_region,
        min_by(geo_city, if(geo_city is null, null, hit_number)) as geo_network_city,
        min_by(page_location, if(page_location is null, null, hit_number)) as first_page,
        max_by(page_location, if(page_location is null, null, hit_number)) as last_page,
        count(*) as totals_hits,
        nullif(countif(event_name = 'page_view'), 0) as totals_pageviews,
        -- Analytics writes 1, and its connector true.
        logical_or(coalesce(session_engaged in ('1', 'true'), false)) as is_engaged,
        timestamp_diff(
            timestamp_micros(max(event_timestamp)), timestamp_micros(min(event_timestamp)), second
        ) as seconds,
        nullif(count(distinct if(event_name = 'purchase', transaction_id, null)), 0) as totals_transactions,
        sum(if(event_name = 'purchase', purchase_revenue, null)) as totals_transaction_revenue,
        max(_fivetran_synced) as synced
    from web_session_events
    group by _connection, session_day, user_pseudo_id, ga_session_id
),

final as (
    select
        * except (referrer, first_page, last_page, is_engaged, seconds, synced),
        full_visitor_id as client_id,
        regexp_extract(referrer, r'^https?://[^/?#]+(/[^?#]*)') as traffic_source_referral_path,
        traffic_source_source = '(direct)' as traffic_source_is_true_direct,
        device_category in ('mobile', 'tablet') as device_is_mobile,
        -- An address without a path is the first page of the site.
        if(
            first_page is null, null, coalesce(regexp_extract(first_page, r'^https?://[^/?#]+(/[^#]*)'), '/')
        ) as landing_page_path,
        if(
            last_page is null, null, coalesce(regexp_extract(last_page, r'^https?://[^/?#]+(/[^?#]*)'), '/')
        ) as exit_page_path,
        if(is_engaged, 1, null) as totals_visits,
        if(is_engaged, seconds, null) as totals_time_on_site,
        if(is_engaged, null, 1) as totals_bounces,
        if(visit_number = 1, 1, null) as totals_new_visits,
        -- The export has no time of landing: the day's end stands for it, whenever the day lands.
        coalesce(
            synced, timestamp_sub(timestamp(date_add(date, interval 1 day)), interval 1 microsecond)
        ) as _fivetran_synced
    from sessions
)

select * from final
