{% macro campaign_facts(from, campaign_date, link_date, counted, where=none, prefix='') -%}
select
    {{ campaign_date }} as campaign_date,
    {{ link_date }} as link_date,
    {{ prefix }}campaign_platform,
    {{ prefix }}campaign_id,
    {{ prefix }}campaign_name,
    {{ prefix }}channel,
    {{- campaign_measures(counted) }}
from {{ from }}
{%- if where %}
where {{ where }}
{%- endif %}
{%- endmacro %}
