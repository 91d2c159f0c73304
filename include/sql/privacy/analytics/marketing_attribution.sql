create or replace view `{{ project_id }}.{{ analytics_dataset }}.marketing_attribution`
options (
    description = 'Conversions and the credit of each touch; one row per conversion',
    labels = [('layer', 'analytics'), ('domain', 'marketing'), ('pii', 'false')]
) as
select *
from `{{ project_id }}.{{ gold_dataset }}.marketing_attribution`;
