create table if not exists `{{ project_id }}.{{ bronze_dataset }}.shopify_customers` (
    id int64 not null options (description = 'Shopify customer id.'),
    email string options (description = 'E-mail; null if only a phone was given.'),
    phone string options (description = 'Phone as typed; null if unknown.'),
    first_name string options (description = 'First name; null if unknown.'),
    last_name string options (description = 'Last name; null if unknown.'),
    state string options (description = 'Account state: enabled, disabled, invited or declined.'),
    verified_email bool options (description = 'True if the e-mail was confirmed.'),
    email_marketing_consent_state string options (
        description = 'subscribed, not_subscribed or unsubscribed; null if unknown.'
    ),
    sms_marketing_consent_state string options (
        description = 'subscribed, not_subscribed or unsubscribed; null if unknown.'
    ),
    orders_count int64 options (description = 'Orders so far.'),
    total_spent numeric options (description = 'Spent so far in US dollars, refunds taken off.'),
    currency string options (description = 'Currency of the customer, ISO 4217.'),
    default_address_first_name string options (
        description = 'First name of the default address; null if none.'
    ),
    default_address_last_name string options (
        description = 'Last name of the default address; null if none.'
    ),
    default_address_company string options (description = 'Company of the default address; null if none.'),
    default_address_address1 string options (description = 'Street and number; null if none.'),
    default_address_address2 string options (description = 'Flat or floor; null if none.'),
    default_address_city string options (description = 'City; null if none.'),
    default_address_province_code string options (description = 'State or province code; null if none.'),
    default_address_zip string options (description = 'Postal code; null if none.'),
    default_address_country_code string options (
        description = 'Country code, ISO 3166 alpha-2; null if none.'
    ),
    default_address_phone string options (description = 'Phone of the default address; null if none.'),
    tags string options (description = 'Tags, separated by commas; null if none.'),
    note string options (description = 'Note by the shop; null if none.'),
    metafields json options (description = 'Metafields by key; null if none.'),
    created_at timestamp options (description = 'Time at which the customer was created, UTC.'),
    updated_at timestamp options (description = 'Time of the last change, UTC.'),
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
    description = 'Shopify customers: one row per version of a customer as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'commerce'), ('source', 'shopify'), ('pii', 'true')]
);
