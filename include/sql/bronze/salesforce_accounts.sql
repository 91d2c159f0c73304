create table if not exists `{{ project_id }}.{{ bronze_dataset }}.salesforce_accounts` (
    id string not null options (description = 'Salesforce Account id, 18 characters.'),
    name string options (description = 'Company name as typed by sales; null never in practice.'),
    type string options (description = 'Relationship, such as Customer or Prospect; null if not set.'),
    parent_id string options (description = 'Id of the parent account; null for a top-level account.'),
    owner_id string options (description = 'Id of the sales user who owns the account.'),
    industry string options (description = 'Industry picklist value; null if unknown.'),
    annual_revenue numeric options (description = 'Yearly revenue in US dollars; null if unknown.'),
    number_of_employees int64 options (description = 'Head count; null if unknown.'),
    rating string options (description = 'Hot, Warm or Cold; null if not rated.'),
    phone string options (description = 'Main phone as typed; null if unknown.'),
    website string options (description = 'Web site as typed, with or without scheme; null if unknown.'),
    billing_street string options (description = 'Billing street and number; null if unknown.'),
    billing_city string options (description = 'Billing city; null if unknown.'),
    billing_state string options (description = 'Billing state or province code; null if unknown.'),
    billing_postal_code string options (description = 'Billing postal code; null if unknown.'),
    billing_country string options (description = 'Billing country as typed, name or code; null if unknown.'),
    account_source string options (
        description = 'Where the account came from, such as Web; null if unknown.'
    ),
    custom_fields json options (description = 'Custom fields (__c) by API name; null if none is set.'),
    created_date timestamp options (description = 'Time at which the account was created, UTC.'),
    last_modified_date timestamp options (description = 'Time of the last change by a user, UTC.'),
    system_modstamp timestamp options (description = 'Time of the last change by a user or the system, UTC.'),
    is_deleted bool options (description = 'True if the record is in the Salesforce recycle bin.'),
    _fivetran_synced timestamp not null options (
        description = 'Time at which Fivetran landed this row, UTC.'
    ),
    _fivetran_deleted bool options (description = 'True if the record was deleted in the source.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date(_fivetran_synced)
cluster by id
options (
    description = 'Salesforce Account: one row per version of an account as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'sales'), ('source', 'salesforce'), ('pii', 'true')]
);
