{% macro restamp_campaigns() -%}
    update {{ this }} as stamped
    set
        campaign_name = coalesce(stamped.campaign_name, campaigns.campaign_name),
        campaign_type = coalesce(campaigns.campaign_type, stamped.campaign_type),
        campaign_status = campaigns.campaign_status,
        channel = campaigns.channel
    from {{ ref('int_campaigns__unioned') }} as campaigns
    where
        stamped.platform = campaigns.platform
        and stamped.campaign_id = campaigns.campaign_id
        and stamped.performance_date >= {{ window_start(var('silver_retention_days')) }}
        and (
            (stamped.campaign_name is null and campaigns.campaign_name is not null)
            or stamped.campaign_type is distinct from coalesce(campaigns.campaign_type, stamped.campaign_type)
            or stamped.campaign_status is distinct from campaigns.campaign_status
            or stamped.channel is distinct from campaigns.channel
        )
{%- endmacro %}
