-- Written by `make ddl` from include/dbt/models/gold/channel_performance.sql and its YAML; do not edit.
create or replace view `{{ project_id }}.{{ gold_dataset }}.channel_performance`
options (
    description = 'Spend, revenue and return; one row per performance_date, channel, campaign and attribution_model',
    labels = [('domain', 'marketing'), ('layer', 'gold'), ('pii', 'false')]
) as
-- Each part is one table's, and keeps its day: a reader's condition on the day reaches the tables' partitions.
with campaigns as (
    select
        campaigns.campaign_date as performance_date,
        campaigns.channel,
        campaigns.platform,
        campaigns.campaign_id,
        campaigns.campaign_name,
        credit.attribution_model,
        campaigns.campaign_spend as spend,
        credit.conversions,
        credit.revenue
    from `{{ project_id }}.{{ gold_dataset }}.campaign_performance` as campaigns
    cross join unnest(campaigns.credit_by_model) as credit
),

-- Touches that name no campaign: what a channel earns beside its campaigns. No macro: the DDL is made of this text.
touches as (
    select
        conversions.transaction_date,
        touch.channel,
        [
            struct(
                'first_touch' as attribution_model, touch.first_touch_credit as conversions,
                touch.first_touch_revenue as revenue
            ),
            struct(
                'last_touch' as attribution_model, touch.last_touch_credit as conversions,
                touch.last_touch_revenue as revenue
            ),
            struct(
                'last_non_direct' as attribution_model, touch.last_non_direct_credit as conversions,
                touch.last_non_direct_revenue as revenue
            ),
            struct(
                'linear' as attribution_model, touch.linear_credit as conversions,
                touch.linear_revenue as revenue
            ),
            struct(
                'time_decay' as attribution_model, touch.time_decay_credit as conversions,
                touch.time_decay_revenue as revenue
            ),
            struct(
                'position_based' as attribution_model, touch.position_based_credit as conversions,
                touch.position_based_revenue as revenue
            ),
            struct(
                'markov' as attribution_model, touch.markov_credit as conversions,
                touch.markov_revenue as revenue
            ),
            struct(
                'shapley' as attribution_model, touch.shapley_credit as conversions,
                touch.shapley_revenue as revenue
            )
        ] as credit_by_model
    from `{{ project_id }}.{{ gold_dataset }}.marketing_attribution` as conversions
    cross join unnest(conversions.touchpoints) as touch
    where touch.campaign_id is null and touch.campaign_name is null
),

channels as (
    select
        touches.transaction_date as performance_date,
        touches.channel,
        cast(null as string) as platform,
        cast(null as string) as campaign_id,
        cast(null as string) as campaign_name,
        credit.attribution_model,
        cast(0 as numeric) as spend,
        cast(sum(cast(credit.conversions as numeric)) as float64) as conversions,
        sum(credit.revenue) as revenue
    from touches
    cross join unnest(touches.credit_by_model) as credit
    group by touches.transaction_date, touches.channel, credit.attribution_model
),

unioned as (
    select * from campaigns
    union all
    select * from channels
),

final as (
    select
        performance_date,
        channel,
        platform,
        campaign_id,
        campaign_name,
        attribution_model,
        spend,
        conversions,
        revenue,
        cast(safe_divide(revenue, spend) as float64) as roas,
        cast(safe_divide(revenue - spend, spend) as float64) as roi
    from unioned
    where spend > 0 or conversions > 0 or revenue > 0
)

select * from final;
