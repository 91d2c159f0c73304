{% macro channel_of(source, medium, gclid='null', referrer='null') -%}
    {%- set source = "lower(coalesce(nullif(" ~ source ~ ", '(not set)'), " ~ url_host(referrer) ~ ", ''))" -%}
    {%- set medium = "lower(coalesce(nullif(" ~ medium ~ ", '(not set)'), ''))" -%}
    {%- set search_engines = 'google|bing|yahoo|duckduckgo|baidu|yandex|ecosia' -%}
    {%- set social_networks =
        'facebook|instagram|linkedin|twitter|tiktok|pinterest|reddit|youtube|snapchat|(^|\\.)(fb|ig|x|t)\\.(com|co)$|^(fb|ig|x|meta)$'
    -%}
    case
        when regexp_contains({{ medium }}, r'display|banner|^cpm$|interstitial|^gdn$') then 'Display'
        when regexp_contains({{ medium }}, r'affiliate') or regexp_contains({{ source }}, r'affiliate')
            then 'Affiliates'
        when
            regexp_contains({{ medium }}, r'^(cpc|ppc|cpv|retargeting|paid.*)$')
            and regexp_contains({{ source }}, r'{{ social_networks }}')
            then 'Paid Social'
        when {{ medium }} in ('paid_social', 'paidsocial', 'paid-social') then 'Paid Social'
        when {{ gclid }} is not null or regexp_contains({{ medium }}, r'^(cpc|ppc|paid.*)$') then 'Paid Search'
        when
            regexp_contains({{ medium }}, r'e[ _-]?mail|newsletter')
            or regexp_contains({{ source }}, r'^e[ _-]?mail|newsletter')
            then 'Email'
        -- All messages to a device: app notifications, in-app and text messages.
        when regexp_contains({{ medium }}, r'push|^in[ _-]?app$|^sms$|notification') then 'Push'
        when regexp_contains({{ medium }}, r'social|^sm$') or regexp_contains({{ source }}, r'{{ social_networks }}|social')
            then 'Organic Social'
        when {{ medium }} = 'organic' or regexp_contains({{ source }}, r'(^|\.)({{ search_engines }})(\.|$)')
            then 'Organic Search'
        when
            {{ medium }} in ('referral', 'link')
            or regexp_contains({{ source }}, r'referral|partner|^[a-z0-9-]+(\.[a-z0-9-]+)+$')
            then 'Referral'
        when {{ source }} in ('', '(direct)', 'direct', 'web') and {{ medium }} in ('', '(none)', 'none') then 'Direct'
        else 'Other'
    end
{%- endmacro %}
