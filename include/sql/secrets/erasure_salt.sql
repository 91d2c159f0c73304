-- Made by the first erasure and kept for good. It is no key to anything: it keeps those who only know the list of
-- hashes from trying all ids, so who reads `ops` does not read this. In a table, since dbt would write a variable into
-- every statement and log.
create table if not exists `{{ project_id }}.{{ secrets_dataset }}.erasure_salt` (
    salt string not null options (description = 'Random text before every key that is hashed'),
    created_at timestamp not null options (description = 'When it was made (UTC)')
)
options (
    description = 'Right to erasure: the salt of all hashes; one row, never to be changed.',
    labels = [('layer', 'secrets'), ('domain', 'privacy'), ('pii', 'false')]
);
