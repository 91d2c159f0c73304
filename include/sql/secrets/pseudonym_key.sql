-- Made by the first `govern_access`. The analysts' views hash ids with it; analysts cannot read it, so they cannot try
-- ids out. Another row replaces it (docs/privacy.md): all pseudonyms change then.
create table if not exists `{{ project_id }}.{{ secrets_dataset }}.pseudonym_key` (
    secret string not null options (description = 'Random text, 72 characters'),
    created_at timestamp not null options (description = 'When it was made (UTC); the newest row counts')
)
options (
    description = 'Key of the pseudonyms in the views of analysts; one row per rotation, the newest counts.',
    labels = [('layer', 'secrets'), ('domain', 'privacy'), ('pii', 'false')]
);
