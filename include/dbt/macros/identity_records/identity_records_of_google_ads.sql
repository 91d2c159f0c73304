{% macro identity_records_of_google_ads() -%}
changed_clicks as (
    select distinct gclid
    from clicks
    where {{ changed_in_window('click_date', var('late_arrival_days')) }}
),

clicks_on_ads as (
    select
        gclid,
        city,
        country,
        clicked_at,
        click_date
    from clicks
    {%- if is_incremental() %}
    union all
    select
        source_record_id as gclid,
        city,
        country,
        created_at as clicked_at,
        first_seen_date as click_date
    from known_records
    where source = 'google_ads' and first_seen_date < {{ recent_start() }}
    {%- endif %}
),

ad_clicks as (
    select
        clicks_on_ads.gclid,
        {{ latest('clicks_on_ads.city', 'clicks_on_ads.clicked_at') }} as city,
        {{ latest('clicks_on_ads.country', 'clicks_on_ads.clicked_at') }} as country,
        min(clicks_on_ads.clicked_at) as first_clicked_at,
        max(clicks_on_ads.clicked_at) as last_clicked_at,
        min(clicks_on_ads.click_date) as first_click_date,
        max(clicks_on_ads.click_date) as last_click_date
    from clicks_on_ads
    inner join changed_clicks on clicks_on_ads.gclid = changed_clicks.gclid
    group by clicks_on_ads.gclid
),

click_records as (
    select
        {{ identity_record('google_ads:click', 'gclid', {
            'city': 'city',
            'country': 'country',
            'gclids': '[gclid]',
            'created_at': 'first_clicked_at',
            'updated_at': 'last_clicked_at',
            'first_seen_date': 'first_click_date',
            'last_seen_date': 'last_click_date',
        }) }}
    from ad_clicks
)
{%- endmacro %}
