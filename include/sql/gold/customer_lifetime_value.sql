-- Written by `make ddl` from include/dbt/models/gold/customer_lifetime_value.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ gold_dataset }}.customer_lifetime_value` (
    customer_id string not null options (description = 'Customer with at least one conversion'),
    acquisition_channel string not null options (
        description = 'Channel of the earliest touch; unknown if there was none'
    ),
    first_order_date date not null options (description = 'Day of the first conversion'),
    last_order_date date not null options (description = 'Day of the last conversion'),
    conversion_count int64 not null options (description = 'Conversions of all time'),
    historic_value numeric not null options (description = 'Net revenue of all time (USD)'),
    expected_order_value numeric not null options (
        description = 'Net revenue per conversion (USD), shrunk toward the mean of customers with, or without, deals while there are few'  -- noqa: LT05
    ),
    purchase_rate_per_year float64 not null options (
        description = 'Conversions per year since the first, that one left out, shrunk by var scoring_value'
    ),
    expected_conversions_365d float64 not null options (
        description = 'Conversions expected in the next 365 days, by purchase rate, sessions and orders of 90 days (var scoring_value)'  -- noqa: LT05
    ),
    expected_value_365d numeric not null options (
        description = 'expected_conversions_365d × expected_order_value (USD)'
    ),
    lifetime_value numeric not null options (description = 'historic_value + expected_value_365d (USD)'),
    value_percentile float64 not null options (
        description = 'Rank of lifetime_value among all customers (0 lowest – 1 highest)'
    ),
    value_segment string not null options (
        description = 'top (highest 10 %), high (next 20 %), medium (next 30 %) or low'
    ),
    calculated_date date not null options (description = 'Day the values describe: the newest day in silver')
)
partition by calculated_date
cluster by value_segment, customer_id
options (
    description = 'Historic and expected value of customers; one row per customer (customer_id)',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('domain', 'customer'), ('layer', 'gold'), ('pii', 'false')]
);
