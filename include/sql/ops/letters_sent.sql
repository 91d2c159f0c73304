-- Written after a channel has taken the letter of a week: what stands here is not sent again.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.letters_sent` (
    week date not null options (description = 'Monday of the week that the letter is about'),
    channel string not null options (description = 'slack or smtp'),
    run_id string not null options (description = 'Airflow run that sent it'),
    sent_at timestamp not null options (description = 'When (UTC)')
)
partition by week
options (
    description = 'Letters that were sent; one row per week, channel and sending',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('layer', 'ops'), ('domain', 'letters'), ('pii', 'false')]
);
