-- Written by `make ddl` from include/dbt/models/gold/marketing_attribution.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ gold_dataset }}.marketing_attribution` (
    transaction_id string not null options (
        description = 'Conversion: transaction in unified_transactions with positive net revenue'
    ),
    customer_id string options (description = 'Customer by identity_map; null while the buyer is not resolved'),
    transaction_type string not null options (
        description = 'order (Shopify) or opportunity (won Salesforce opportunity)'
    ),
    transaction_at timestamp not null options (
        description = 'When the order was placed or the opportunity closed (UTC)'
    ),
    transaction_date date not null options (description = 'Day of transaction_at (UTC)'),
    is_first_conversion bool not null options (
        description = 'Whether it is the first of its customer; true while the buyer is not resolved'
    ),
    revenue numeric not null options (description = 'Net revenue of the conversion (USD)'),
    first_touch_channel string not null options (description = 'Channel of the first touch'),
    first_touch_campaign string options (description = 'Campaign of the first touch; null without a campaign'),
    first_touch_at timestamp not null options (description = 'When the first touch happened (UTC)'),
    last_touch_channel string not null options (description = 'Channel of the last touch'),
    last_touch_campaign string options (description = 'Campaign of the last touch; null without a campaign'),
    last_touch_at timestamp not null options (description = 'When the last touch happened (UTC)'),
    last_non_direct_channel string not null options (
        description = 'Channel of the last touch that is not Direct; Direct if all are'
    ),
    last_non_direct_campaign string options (description = 'Campaign of that touch; null without a campaign'),
    first_touch_revenue numeric not null options (
        description = 'Revenue credited to first_touch_channel by the first-touch model (USD): all of it'
    ),
    last_touch_revenue numeric not null options (
        description = 'Revenue credited to last_touch_channel by the last-touch model (USD): all of it'
    ),
    last_non_direct_revenue numeric not null options (
        description = 'Revenue credited to last_non_direct_channel by its model (USD): all of it'
    ),
    first_touch_linear_revenue numeric not null options (
        description = 'Revenue of the first touch by the linear model (USD)'
    ),
    first_touch_time_decay_revenue numeric not null options (
        description = 'Revenue of the first touch by the time-decay model (USD)'
    ),
    first_touch_position_based_revenue numeric not null options (
        description = 'Revenue of the first touch by the position-based model (USD)'
    ),
    first_touch_markov_revenue numeric not null options (
        description = 'Revenue of the first touch by the Markov model (USD)'
    ),
    first_touch_shapley_revenue numeric not null options (
        description = 'Revenue of the first touch by the Shapley model (USD)'
    ),
    touch_count int64 not null options (
        description = 'Touches in the journey, sessions of one visit counted once; at least 1'
    ),
    channel_count int64 not null options (description = 'Different channels in the journey; at least 1'),
    journey_days float64 not null options (description = 'Days from first touch to conversion'),
    journey_path string not null options (description = 'Channels of the touches in order, joined by >'),
    is_unattributed bool not null options (
        description = 'Whether no touch is known, so that the only touch stands in for it'
    ),
    touchpoints array<struct<
        position int64 options (description = 'Position in the journey, from 1'),
        touchpoint_id string options (description = 'Touch in unified_touchpoints; null for a stand-in'),
        touchpoint_at timestamp options (description = 'When it happened (UTC), at the latest at the conversion'),
        touchpoint_type string options (
            description = 'Type in unified_touchpoints; order_landing or unattributed for the stand-in'
        ),
        channel string options (description = 'Marketing channel'),
        campaign_platform string options (
            description = 'Ad platform named by source and medium of the link (google_ads, braze); null where they name none'  -- noqa: LT05
        ),
        campaign_id string options (description = 'Campaign in its platform; null without a known campaign'),
        campaign_name string options (description = 'Name of the campaign; null without a campaign'),
        is_direct bool options (description = 'Whether the channel is Direct'),
        days_before_conversion float64 options (description = 'Days from the touch to the conversion'),
        first_touch_credit float64 options (description = 'Share of the conversion (0–1): all to the first touch'),
        last_touch_credit float64 options (description = 'Share of the conversion (0–1): all to the last touch'),
        last_non_direct_credit float64 options (
            description = 'Share of the conversion (0–1): all to the last touch that is not Direct'
        ),
        linear_credit float64 options (description = 'Share of the conversion (0–1): the same to every touch'),
        time_decay_credit float64 options (
            description = 'Share of the conversion (0–1): halved per half-life before the conversion'
        ),
        position_based_credit float64 options (
            description = 'Share of the conversion (0–1): 40 % first, 40 % last, 20 % between'
        ),
        markov_credit float64 options (
            description = 'Share of the conversion (0–1): by removal effect of the channels'
        ),
        shapley_credit float64 options (
            description = 'Share of the conversion (0–1): by Shapley value of the channels'
        ),
        first_touch_revenue numeric options (description = 'Revenue of the conversion (USD): all to the first touch'),
        last_touch_revenue numeric options (description = 'Revenue of the conversion (USD): all to the last touch'),
        last_non_direct_revenue numeric options (
            description = 'Revenue of the conversion (USD): all to the last touch that is not Direct'
        ),
        linear_revenue numeric options (description = 'Revenue of the conversion (USD): the same to every touch'),
        time_decay_revenue numeric options (
            description = 'Revenue of the conversion (USD): halved per half-life before the conversion'
        ),
        position_based_revenue numeric options (
            description = 'Revenue of the conversion (USD): 40 % first, 40 % last, 20 % between'
        ),
        markov_revenue numeric options (
            description = 'Revenue of the conversion (USD): by removal effect of the channels'
        ),
        shapley_revenue numeric options (
            description = 'Revenue of the conversion (USD): by Shapley value of the channels'
        )
    >> options (description = 'Touches in order with credit and revenue of every model')
)
partition by transaction_date
cluster by first_touch_channel, last_touch_channel, customer_id
options (
    description = 'Conversions, their journeys and credit by eight models; one row per transaction_id',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('domain', 'marketing'), ('layer', 'gold'), ('pii', 'false')]
);
