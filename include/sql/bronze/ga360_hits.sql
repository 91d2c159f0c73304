create table if not exists `{{ project_id }}.{{ bronze_dataset }}.ga360_hits` (
    date date not null options (description = 'Day of the session to which the hit belongs, UTC.'),
    full_visitor_id string not null options (
        description = 'Visitor id: one per browser; here equal to client_id.'
    ),
    visit_id int64 not null options (description = 'Session id, unique per visitor.'),
    hit_number int64 not null options (description = 'Ordinal of the hit in its session, from 1.'),
    hit_time timestamp not null options (description = 'Time of the hit, UTC.'),
    type string options (description = 'PAGE, EVENT or TRANSACTION.'),
    is_entrance bool options (description = 'True for the first page of the session.'),
    is_exit bool options (description = 'True for the last page of the session.'),
    page_path string options (description = 'Path of the page, without host.'),
    page_title string options (description = 'Title of the page; null if none.'),
    page_hostname string options (description = 'Host of the page.'),
    event_category string options (description = 'Category of an event; null for other types.'),
    event_action string options (description = 'Action of an event; null for other types.'),
    event_label string options (description = 'Label of an event; null if none.'),
    event_value int64 options (description = 'Value of an event, no unit; null if none.'),
    transaction_id string options (description = 'Order number of the shop; null unless TRANSACTION.'),
    transaction_revenue numeric options (description = 'Revenue in US dollars; null unless TRANSACTION.'),
    ecommerce_action_type string options (
        description = 'view, add_to_cart, checkout or purchase; null if none.'
    ),
    custom_dimensions json options (description = 'Custom dimensions by name; null if none.'),
    _fivetran_synced timestamp not null options (description = 'Time at which Fivetran landed this row, UTC.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date
cluster by full_visitor_id, visit_id
options (
    description = 'GA360 hits: one row per page view, event or transaction of a session, appended.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'web'), ('source', 'ga360'), ('pii', 'true')]
);
