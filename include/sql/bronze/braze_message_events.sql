create table if not exists `{{ project_id }}.{{ bronze_dataset }}.braze_message_events` (
    event_date date not null options (description = 'Day of the event, UTC.'),
    id string not null options (description = 'Event id.'),
    event_type string not null options (description = 'sent, delivered, open, click, bounce or unsubscribe.'),
    event_time timestamp not null options (description = 'Time of the event, UTC.'),
    external_user_id string options (description = 'External id of the profile; null if Braze knows none.'),
    braze_id string options (description = 'Braze id of the profile.'),
    channel string options (description = 'email, push, sms or in_app.'),
    campaign_id string options (description = 'Campaign id; null if sent by a canvas.'),
    campaign_name string options (description = 'Campaign name; null if sent by a canvas.'),
    canvas_id string options (description = 'Canvas id; null if sent by a campaign.'),
    canvas_name string options (description = 'Canvas name; null if sent by a campaign.'),
    canvas_step_name string options (description = 'Step of the canvas; null if sent by a campaign.'),
    message_variation_id string options (description = 'Variation of the message; null if none.'),
    dispatch_id string options (description = 'Id of the sending; joins sent, open and click.'),
    email_address string options (description = 'Address to which it went; null outside e-mail.'),
    link_url string options (description = 'Link clicked; null unless click.'),
    bounce_reason string options (description = 'Answer of the mail server; null unless bounce.'),
    user_agent string options (description = 'Client that opened or clicked; null if unknown.'),
    machine_open bool options (
        description = 'True if a mail proxy opened it, not a person; null unless open.'
    ),
    _fivetran_synced timestamp not null options (description = 'Time at which Fivetran landed this row, UTC.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by event_date
cluster by event_type, campaign_id
options (
    description = 'Braze message events (Currents): one row per event, appended; a row may repeat.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'messaging'), ('source', 'braze'), ('pii', 'true')]
);
