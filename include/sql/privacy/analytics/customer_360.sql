create or replace view `{{ project_id }}.{{ analytics_dataset }}.customer_360`
options (
    description = 'Contactable customers without personal data; one row per customer',
    labels = [('layer', 'analytics'), ('domain', 'customer'), ('pii', 'false')]
) as
select * except ({{ pii.customer_360 }})
from `{{ project_id }}.{{ silver_dataset }}.customer_360`
where is_unsubscribed is not true;
