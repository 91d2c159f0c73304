{% macro campaign_platform(source, medium, gclid='null') -%}
    case
        when {{ gclid }} is not null then 'google_ads'
        when
            lower({{ source }}) in ('google', 'google_ads', 'googleads', 'adwords')
            and regexp_contains(lower({{ medium }}), r'^(cpc|ppc|cpv|cpm|display|banner|video|retargeting|paid.*)$')
            then 'google_ads'
        when lower({{ source }}) = 'braze' then 'braze'
    end
{%- endmacro %}
