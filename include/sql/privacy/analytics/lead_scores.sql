create or replace view `{{ project_id }}.{{ analytics_dataset }}.lead_scores`
options (
    description = 'Scores of leads without personal data; one row per lead',
    labels = [('layer', 'analytics'), ('domain', 'sales'), ('pii', 'false')]
) as
select * except ({{ pii.lead_scores }})
from `{{ project_id }}.{{ gold_dataset }}.lead_scores`;
