create table if not exists `{{ project_id }}.{{ bronze_dataset }}.salesforce_opportunities` (
    id string not null options (description = 'Salesforce Opportunity id, 18 characters.'),
    account_id string options (description = 'Id of the account; null if not linked.'),
    contact_id string options (description = 'Id of the primary contact; null if not linked.'),
    owner_id string options (description = 'Id of the sales user who owns the opportunity.'),
    campaign_id string options (description = 'Ad campaign id that brought the opportunity; null if none.'),
    name string options (description = 'Title of the opportunity.'),
    type string options (description = 'New Business, Renewal or Expansion; null if not set.'),
    stage_name string options (description = 'Sales stage, such as Prospecting or Closed Won.'),
    amount numeric options (description = 'Expected or final value in US dollars; null if not estimated.'),
    probability float64 options (description = 'Chance of winning by stage, 0 to 100.'),
    expected_revenue numeric options (
        description = 'Amount times probability, in US dollars; null without amount.'
    ),
    close_date date options (description = 'Expected day of closing, or the real one once closed.'),
    is_closed bool options (description = 'True if won or lost.'),
    is_won bool options (description = 'True if won.'),
    lead_source string options (description = 'How the deal was first heard of; null if unknown.'),
    forecast_category string options (description = 'Pipeline, BestCase, Commit, Closed or Omitted.'),
    loss_reason__c string options (description = 'Reason of a lost deal; null if open or won.'),
    custom_fields json options (description = 'Other custom fields (__c) by API name; null if none is set.'),
    created_date timestamp options (description = 'Time at which the opportunity was created, UTC.'),
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
    description = 'Salesforce Opportunity: one row per version of an opportunity as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'sales'), ('source', 'salesforce'), ('pii', 'false')]
);
