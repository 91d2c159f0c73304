create or replace view `{{ project_id }}.{{ analytics_dataset }}.unified_transactions`
options (
    description = 'Orders and won deals without the buyer; one row each',
    labels = [('layer', 'analytics'), ('domain', 'commerce'), ('pii', 'false')]
) as
select * except ({{ pii.unified_transactions }})
from `{{ project_id }}.{{ silver_dataset }}.unified_transactions`;
