create or replace view `{{ project_id }}.{{ analytics_dataset }}.cohort_retention`
options (
    description = 'Cohorts by month; one row per acquisition month and month since',
    labels = [('layer', 'analytics'), ('domain', 'customer'), ('pii', 'false')]
) as
select *
from `{{ project_id }}.{{ gold_dataset }}.cohort_retention`;
