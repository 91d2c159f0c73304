create or replace view `{{ project_id }}.{{ analytics_dataset }}.unified_support_tickets`
options (
    description = 'Support tickets without the requester; one row per ticket',
    labels = [('layer', 'analytics'), ('domain', 'support'), ('pii', 'false')]
) as
select * except ({{ pii.unified_support_tickets }})
from `{{ project_id }}.{{ silver_dataset }}.unified_support_tickets`;
