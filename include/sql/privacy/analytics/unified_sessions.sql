create or replace view `{{ project_id }}.{{ analytics_dataset }}.unified_sessions`
options (
    description = 'Sessions without the visitor; one row per session',
    labels = [('layer', 'analytics'), ('domain', 'behaviour'), ('pii', 'false')]
) as
select * except ({{ pii.unified_sessions }})
from `{{ project_id }}.{{ silver_dataset }}.unified_sessions`;
