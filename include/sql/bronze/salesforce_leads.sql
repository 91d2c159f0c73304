create table if not exists `{{ project_id }}.{{ bronze_dataset }}.salesforce_leads` (
    id string not null options (description = 'Salesforce Lead id, 18 characters.'),
    owner_id string options (description = 'Id of the sales user or queue that owns the lead.'),
    first_name string options (description = 'First name as typed; null if unknown.'),
    last_name string options (description = 'Last name as typed.'),
    email string options (description = 'E-mail as typed; null if unknown.'),
    phone string options (description = 'Business phone as typed; null if unknown.'),
    mobile_phone string options (description = 'Mobile phone as typed; null if unknown.'),
    company string options (description = 'Company as typed; null for a consumer lead.'),
    title string options (description = 'Job title; null if unknown.'),
    industry string options (description = 'Industry picklist value; null if unknown.'),
    annual_revenue numeric options (
        description = 'Yearly revenue of the company in US dollars; null if unknown.'
    ),
    number_of_employees int64 options (description = 'Head count of the company; null if unknown.'),
    lead_source string options (description = 'How the lead was first heard of; null if unknown.'),
    status string options (description = 'Open, Working, Nurturing, Qualified or Unqualified.'),
    rating string options (description = 'Hot, Warm or Cold; null if not rated.'),
    street string options (description = 'Street and number; null if unknown.'),
    city string options (description = 'City; null if unknown.'),
    state string options (description = 'State or province code; null if unknown.'),
    postal_code string options (description = 'Postal code; null if unknown.'),
    country string options (description = 'Country as typed, name or code; null if unknown.'),
    website string options (description = 'Web site of the company; null if unknown.'),
    has_opted_out_of_email bool options (description = 'True if the lead refuses e-mail.'),
    is_converted bool options (description = 'True once the lead became a contact.'),
    converted_date date options (description = 'Day of conversion; null while not converted.'),
    converted_contact_id string options (
        description = 'Id of the contact it became; null while not converted.'
    ),
    converted_account_id string options (
        description = 'Id of the account it became; null while not converted.'
    ),
    converted_opportunity_id string options (
        description = 'Id of the opportunity opened on conversion; null if none.'
    ),
    campaign_id string options (
        description = 'Ad campaign id of the click that brought the lead; null if none.'
    ),
    utm_source__c string options (description = 'utm_source of the landing page; null if none.'),
    utm_medium__c string options (description = 'utm_medium of the landing page; null if none.'),
    utm_campaign__c string options (description = 'utm_campaign of the landing page; null if none.'),
    gclid__c string options (description = 'Google click id of the landing page; null if not from an ad.'),
    ga_client_id__c string options (
        description = 'Google Analytics client id of the form; null if not sent.'
    ),
    custom_fields json options (
        description = 'Other custom fields (__c) by API name, BANT answers; null if none.'
    ),
    created_date timestamp options (description = 'Time at which the lead was created, UTC.'),
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
cluster by id, status
options (
    description = 'Salesforce Lead: one row per version of a lead as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'sales'), ('source', 'salesforce'), ('pii', 'true')]
);
