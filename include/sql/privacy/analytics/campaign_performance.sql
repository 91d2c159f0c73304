create or replace view `{{ project_id }}.{{ analytics_dataset }}.campaign_performance`
options (
    description = 'Campaigns by day; one row per platform, campaign and day',
    labels = [('layer', 'analytics'), ('domain', 'marketing'), ('pii', 'false')]
) as
select *
from `{{ project_id }}.{{ gold_dataset }}.campaign_performance`;
