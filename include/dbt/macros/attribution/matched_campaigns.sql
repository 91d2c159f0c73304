{% macro matched_campaigns(links, delivered, entities) -%}
-- The names under which campaigns delivered, and when; and the names that they have now.
with campaign_names as (
    select
        platform,
        campaign_id,
        lower({{ url_decoded('campaign_name') }}) as name_key,
        min(performance_date) as first_day,
        max(performance_date) as last_day
    from {{ delivered }}
    where campaign_name is not null
    group by platform, campaign_id, name_key
    union all
    select
        platform,
        campaign_id,
        lower({{ url_decoded('campaign_name') }}) as name_key,
        cast(null as date) as first_day,
        cast(null as date) as last_day
    from {{ entities }}
)

-- By id, else by the name on that day: names are used again and changed.
select
    links.*,
    campaign_names.campaign_id as matched_id
from {{ links }} as links
inner join campaign_names
    on
        links.campaign_platform = campaign_names.platform
        and (links.campaign_id = campaign_names.campaign_id or links.name_key = campaign_names.name_key)
left join {{ entities }} as entities
    on
        campaign_names.platform = entities.platform
        and campaign_names.campaign_id = entities.campaign_id
qualify
    row_number() over (
        partition by links.campaign_platform, links.campaign_id, links.name_key, links.link_date
        order by
            coalesce(links.campaign_id = campaign_names.campaign_id, false) desc,
            coalesce(links.link_date between campaign_names.first_day and campaign_names.last_day, false) desc,
            coalesce(lower(entities.campaign_status) in ('removed', 'archived'), false) asc,
            abs(date_diff(links.link_date, campaign_names.last_day, day)) is null asc,
            abs(date_diff(links.link_date, campaign_names.last_day, day)) asc,
            campaign_names.campaign_id asc
    ) = 1
{%- endmacro %}
