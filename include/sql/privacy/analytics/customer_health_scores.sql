create or replace view `{{ project_id }}.{{ analytics_dataset }}.customer_health_scores`
options (
    description = 'Health of contactable customers without personal data; one row per customer',
    labels = [('layer', 'analytics'), ('domain', 'customer'), ('pii', 'false')]
) as
select * except ({{ pii.customer_health_scores }})
from `{{ project_id }}.{{ gold_dataset }}.customer_health_scores`
where is_unsubscribed is not true;
