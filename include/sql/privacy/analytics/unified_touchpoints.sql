create or replace view `{{ project_id }}.{{ analytics_dataset }}.unified_touchpoints`
options (
    description = 'Marketing contacts without the recipient; one row each',
    labels = [('layer', 'analytics'), ('domain', 'marketing'), ('pii', 'false')]
) as
select * except ({{ pii.unified_touchpoints }})
from `{{ project_id }}.{{ silver_dataset }}.unified_touchpoints`;
