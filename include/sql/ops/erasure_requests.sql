-- No personal data: who it was can only be checked by those who know the person's key and the salt.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.erasure_requests` (
    request_id string not null options (description = 'Id of the request, as the privacy team files it'),
    person_hash string not null options (
        description = 'SHA-256 (hex) of salt and customer_id: shows whether two requests are about one person'
    ),
    selector_hash string options (
        description = 'SHA-256 (hex) of salt and the key that the request named: the same id is for nobody else'
    ),
    status string not null options (
        description = 'requested, destinations_confirmed, erased or proven'
    ),
    identity_count int64 not null options (description = 'Source records of the person that were found'),
    identifier_count int64 not null options (
        description = 'Identifiers in erasure_identifiers that are erased and searched for'
    ),
    requested_at timestamp not null options (description = 'When the person was found and suppressed (UTC)'),
    destinations_confirmed_at timestamp options (
        description = 'When no destination held the person any more (UTC); null before'
    ),
    erased_at timestamp options (description = 'When the last table was cleaned (UTC); null before'),
    proven_at timestamp options (
        description = 'When no table held an identifier any more (UTC); null before'
    ),
    erased_rows json options (
        description = 'Rows removed or overwritten, by table, all attempts added up; null before erasure'
    ),
    searched_tables int64 options (description = 'Tables that the proof searched; null before the proof'),
    run_id string not null options (description = 'Airflow run of the newest step')
)
cluster by request_id
options (
    description = 'Right to erasure: one row per request and how far it has come.',
    labels = [('layer', 'ops'), ('domain', 'privacy'), ('pii', 'false')]
);
