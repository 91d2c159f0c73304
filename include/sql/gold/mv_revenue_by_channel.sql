-- Written by `make ddl` from include/dbt/models/gold/mv_revenue_by_channel.sql and its YAML; do not edit.
create materialized view if not exists `{{ project_id }}.{{ gold_dataset }}.mv_revenue_by_channel`
partition by transaction_date
options (
    enable_refresh = true,
    refresh_interval_minutes = 30,
    description = 'Revenue sums; one row per day, type, first, last and last non-direct channel',
    labels = [('domain', 'marketing'), ('layer', 'gold'), ('pii', 'false')]
) as
-- Only what BigQuery refreshes incrementally: sums over one table, partitioned as it is, so that a day that is
-- overwritten there makes BigQuery read that day again and not the table. The description comes with the DDL: dbt would
-- write it by an update of the table, which makes a plain view of it in the embedded warehouse.
select
    transaction_date,
    transaction_type,
    first_touch_channel,
    last_touch_channel,
    last_non_direct_channel,
    count(*) as conversions,
    sum(revenue) as revenue,
    sum(first_touch_revenue) as first_touch_revenue,
    sum(last_touch_revenue) as last_touch_revenue,
    sum(last_non_direct_revenue) as last_non_direct_revenue,
    sum(touch_count) as touches
from `{{ project_id }}.{{ gold_dataset }}.marketing_attribution`
group by transaction_date, transaction_type, first_touch_channel, last_touch_channel, last_non_direct_channel;
