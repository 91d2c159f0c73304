create or replace view `{{ project_id }}.{{ analytics_dataset }}.customer_lifetime_value`
options (
    description = 'Lifetime value; one row per customer',
    labels = [('layer', 'analytics'), ('domain', 'customer'), ('pii', 'false')]
) as
select *
from `{{ project_id }}.{{ gold_dataset }}.customer_lifetime_value`;
