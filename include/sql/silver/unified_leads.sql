-- Written by `make ddl` from include/dbt/models/silver/unified_leads.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ silver_dataset }}.unified_leads` (
    lead_id string not null options (description = 'Salesforce id of the lead'),
    customer_id string options (description = 'Customer by identity_map; null while the person is not resolved'),
    identity_key string not null options (description = 'Source record of the lead in identity_map'),
    full_name string options (description = 'First and last name; null if neither is known'),
    email string options (description = 'E-mail as normalised in staging; null if unknown'),
    phone string options (description = 'Phone as normalised in staging; null if unknown'),
    company string options (description = 'Company the lead gave; null if none'),
    title string options (description = 'Job title; null if none'),
    industry string options (description = 'Industry; null if none'),
    employees int64 options (description = 'Number of employees of the company; null if unknown'),
    annual_revenue numeric options (description = 'Annual revenue of the company (USD); null if unknown'),
    country string options (description = 'Country (ISO 3166-1 alpha-2 where its name is known); null if unknown'),
    state string options (description = 'State or region; null if unknown'),
    lead_source string options (description = 'Lead source as chosen in Salesforce; null if none'),
    channel string not null options (
        description = 'Marketing channel of the form or lead source (see macro channel_of)'
    ),
    campaign_platform string options (
        description = 'Ad platform named by source and medium of the link (google_ads, braze); null where they name none'  -- noqa: LT05
    ),
    campaign_id string options (description = 'Salesforce campaign of the lead; null if unknown'),
    campaign_name string options (description = 'utm_campaign captured with the form; null if none'),
    gclid string options (description = 'Google click id captured with the form; null if none'),
    status string options (description = 'Status as chosen in Salesforce (Open, Working, Qualified …)'),
    rating string options (description = 'Hot, Warm or Cold; null if not rated'),
    is_converted bool not null options (description = 'Whether the lead was converted'),
    converted_at timestamp options (description = 'Day of conversion, at midnight (UTC); null if not converted'),
    converted_contact_id string options (description = 'Salesforce contact it became; null if not converted'),
    converted_account_id string options (description = 'Salesforce account it became; null if not converted'),
    converted_opportunity_id string options (description = 'Salesforce opportunity it became; null if none'),
    opportunity_amount numeric options (
        description = 'Amount of that opportunity (USD); null if none, or if its currency has no rate'
    ),
    opportunity_stage string options (description = 'Stage of that opportunity; null if none'),
    opportunity_is_won bool not null options (description = 'Whether that opportunity was won; false if there is none'),
    opportunity_is_closed bool not null options (
        description = 'Whether that opportunity is closed; false if there is none'
    ),
    opportunity_closed_date date options (description = 'Day on which it closed or is expected to close; null if none'),
    is_unsubscribed bool not null options (
        description = 'Whether the lead opted out of e-mail, or the person has objected to marketing'
    ),
    custom_fields json options (description = 'Custom fields as Salesforce has them; null if none'),
    created_at timestamp not null options (description = 'When the lead was created (UTC)'),
    created_date date not null options (description = 'Day of created_at (UTC)'),
    updated_at timestamp not null options (description = 'When the lead or its opportunity last changed (UTC)')
)
partition by date_trunc(created_date, month)
cluster by customer_id, status
options (
    description = 'Salesforce leads with conversion and campaign; one row per lead (lead_id)',
    labels = [('domain', 'sales'), ('layer', 'silver'), ('pii', 'true')]
);
