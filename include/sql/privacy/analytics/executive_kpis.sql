create or replace view `{{ project_id }}.{{ analytics_dataset }}.executive_kpis`
options (
    description = 'Key figures; one row per day',
    labels = [('layer', 'analytics'), ('domain', 'business'), ('pii', 'false')]
) as
select *
from `{{ project_id }}.{{ gold_dataset }}.executive_kpis`;
