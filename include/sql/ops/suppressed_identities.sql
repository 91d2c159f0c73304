create table if not exists `{{ project_id }}.{{ ops_dataset }}.suppressed_identities` (
    identity_hash string not null options (
        description = 'SHA-256 (hex) of salt and identity_key: this source record stays out of staging for good'
    ),
    salt_id string not null options (
        description = 'Fingerprint of the salt: with another one staging fails instead of letting the person in'
    ),
    request_id string not null options (description = 'Request in erasure_requests'),
    suppressed_at timestamp not null options (description = 'Since when (UTC)')
)
cluster by identity_hash
options (
    description = 'Right to erasure: source records of erased people; one row per record and request.',
    labels = [('layer', 'ops'), ('domain', 'privacy'), ('pii', 'false')]
);
