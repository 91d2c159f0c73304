select
    campaign_name, campaign_type, platform, campaign_spend, leads_generated, cost_per_lead, roas, roi, campaign_date
from `{project_id}.marts.campaign_performance`
where campaign_spend > 0
order by roas desc
