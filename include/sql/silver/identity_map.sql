-- Written by `make ddl` from include/dbt/models/silver/identity_map.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ silver_dataset }}.identity_map` (
    identity_key string not null options (description = 'Source record, as <source>:<entity>:<id in the source>.'),
    source string not null options (description = 'System of the record, such as salesforce or shopify.'),
    source_entity string not null options (
        description = 'Kind of record in the source, such as contact, lead, customer, user or visitor.'
    ),
    source_record_id string not null options (description = 'Id of the record in its source.'),
    customer_id string not null options (
        description = 'Customer of the record; a hash of the key of its anchor record.'
    ),
    match_rule string not null options (
        description = 'Rule of the strongest edge to its customer; single_record if nothing links it.'
    ),
    match_probability float64 options (
        description = 'Probability (0–1) of that edge that both ends are one person; null for a single record.'
    ),
    cluster_size int64 not null options (description = 'Number of source records of the customer, this one included.'),
    anchor_identity_key string not null options (
        description = 'Record the customer is named after: of its identified records the earliest.'
    ),
    alias_customer_id string not null options (
        description = 'Id this record gives as an anchor: an old customer_id is found here.'
    ),
    is_deleted bool not null options (
        description = 'Whether the source deleted the record; it still holds its customer together.'
    ),
    first_linked_date date options (
        description = 'First day (UTC) it and another record of its customer are known; null if unknown.'
    ),
    updated_date date options (
        description = 'Newest day on which any record of the customer changed or was seen (UTC); null if unknown.'
    )
)
cluster by identity_key, customer_id
options (
    description = 'Identity map: one row per source record, with the customer it belongs to and why.',
    labels = [('domain', 'identity'), ('layer', 'silver'), ('pii', 'true')]
);
