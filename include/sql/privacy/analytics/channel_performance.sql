create or replace view `{{ project_id }}.{{ analytics_dataset }}.channel_performance`
options (
    description = 'Return of channels and campaigns; one row per day, channel, campaign and attribution model',
    labels = [('layer', 'analytics'), ('domain', 'marketing'), ('pii', 'false')]
) as
select *
from `{{ project_id }}.{{ gold_dataset }}.channel_performance`;
