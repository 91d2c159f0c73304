{% macro known_campaigns(delivered, entities) -%}
with delivering as (
    select
        platform,
        campaign_id,
        array_agg(campaign_name order by campaign_name is null, performance_date desc limit 1)[safe_offset(0)]
            as campaign_name,
        array_agg(campaign_type order by campaign_type is null, performance_date desc limit 1)[safe_offset(0)]
            as campaign_type,
        array_agg(channel order by performance_date desc limit 1)[safe_offset(0)] as channel
    from {{ delivered }}
    group by platform, campaign_id
)

select
    coalesce(entities.platform, delivering.platform) as platform,
    coalesce(entities.campaign_id, delivering.campaign_id) as campaign_id,
    coalesce(entities.campaign_name, delivering.campaign_name) as campaign_name,
    coalesce(entities.campaign_type, delivering.campaign_type) as campaign_type,
    coalesce(entities.channel, delivering.channel) as channel
from {{ entities }} as entities
full outer join delivering
    on entities.platform = delivering.platform and entities.campaign_id = delivering.campaign_id
{%- endmacro %}
