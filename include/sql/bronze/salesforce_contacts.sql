create table if not exists `{{ project_id }}.{{ bronze_dataset }}.salesforce_contacts` (
    id string not null options (description = 'Salesforce Contact id, 18 characters.'),
    account_id string options (description = 'Id of the account of the contact; null for a private contact.'),
    owner_id string options (description = 'Id of the sales user who owns the contact.'),
    first_name string options (description = 'First name as typed; null if unknown.'),
    last_name string options (description = 'Last name as typed.'),
    email string options (description = 'E-mail as typed; null if unknown.'),
    phone string options (description = 'Business phone as typed; null if unknown.'),
    mobile_phone string options (description = 'Mobile phone as typed; null if unknown.'),
    title string options (description = 'Job title; null if unknown.'),
    department string options (description = 'Department; null if unknown.'),
    lead_source string options (description = 'How the contact was first heard of; null if unknown.'),
    birthdate date options (description = 'Birthday; null if unknown.'),
    mailing_street string options (description = 'Mailing street and number; null if unknown.'),
    mailing_city string options (description = 'Mailing city; null if unknown.'),
    mailing_state string options (description = 'Mailing state or province code; null if unknown.'),
    mailing_postal_code string options (description = 'Mailing postal code; null if unknown.'),
    mailing_country string options (description = 'Mailing country as typed, name or code; null if unknown.'),
    has_opted_out_of_email bool options (description = 'True if the contact refuses e-mail.'),
    do_not_call bool options (description = 'True if the contact refuses calls.'),
    email_bounced_date timestamp options (description = 'Time of the last hard bounce, UTC; null if none.'),
    last_activity_date date options (description = 'Day of the last task or event; null if none.'),
    custom_fields json options (description = 'Custom fields (__c) by API name; null if none is set.'),
    created_date timestamp options (description = 'Time at which the contact was created, UTC.'),
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
cluster by id, account_id
options (
    description = 'Salesforce Contact: one row per version of a contact as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'sales'), ('source', 'salesforce'), ('pii', 'true')]
);
