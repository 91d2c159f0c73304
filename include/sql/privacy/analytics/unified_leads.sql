create or replace view `{{ project_id }}.{{ analytics_dataset }}.unified_leads`
options (
    description = 'Contactable leads without personal data; one row per lead',
    labels = [('layer', 'analytics'), ('domain', 'sales'), ('pii', 'false')]
) as
select * except ({{ pii.unified_leads }})
from `{{ project_id }}.{{ silver_dataset }}.unified_leads`
where is_unsubscribed is not true;
