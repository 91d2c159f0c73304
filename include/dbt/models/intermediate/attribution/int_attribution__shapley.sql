-- Shapley value of a channel: what it adds to the conversion rate of a coalition of channels, averaged over
-- all orders in which the channels could join. Worth of a coalition: conversion rate of the journeys that used
-- none but its channels. Exact over all 2^n coalitions (n <= 11 channels), each a bit mask. The shortcut
-- "split each conversion among its channels" is not taken: it never looks at journeys that did not convert.

{%- set max_channels = channels() | length %}
{#- A channel joins a coalition of `size` out of `count` channels in this share of all orders. -#}
{%- set shares = [] %}
{%- for count in range(1, max_channels + 1) %}
{%- set share = namespace(value=1 / count) %}
{%- for size in range(count) %}
{%- do shares.append((count, size, share.value)) %}
{%- set share.value = share.value * (size + 1) / (count - 1 - size) if size < count - 1 else 0 %}
{%- endfor %}
{%- endfor %}

with paths as (
    select
        fit_month,
        path,
        split(path, ' > ') as steps,
        conversions,
        non_conversions
    from {{ ref('int_attribution__paths') }}
),

month_channels as (
    select distinct
        paths.fit_month,
        step as channel
    from paths
    cross join unnest(paths.steps) as step
),

channels as (
    select
        fit_month,
        channel,
        row_number() over (partition by fit_month order by channel asc) - 1 as bit,
        count(*) over (partition by fit_month) as channel_count
    from month_channels
),

path_sets as (
    select
        paths.fit_month,
        paths.path,
        paths.conversions,
        paths.conversions + paths.non_conversions as journeys,
        bit_or(1 << channels.bit) as channel_set
    from paths
    cross join unnest(paths.steps) as step
    inner join channels on paths.fit_month = channels.fit_month and step = channels.channel
    group by paths.fit_month, paths.path, paths.conversions, paths.non_conversions
),

journey_sets as (
    select
        fit_month,
        channel_set,
        sum(conversions) as conversions,
        sum(journeys) as journeys
    from path_sets
    group by fit_month, channel_set
),

months as (
    select distinct
        fit_month,
        channel_count
    from channels
),

coalitions as (
    select
        months.fit_month,
        months.channel_count,
        coalition
    from months
    cross join unnest(generate_array(0, (1 << months.channel_count) - 1)) as coalition
),

worths as (
    select
        coalitions.fit_month,
        coalitions.channel_count,
        coalitions.coalition,
        coalesce(safe_divide(sum(journey_sets.conversions), sum(journey_sets.journeys)), 0) as worth
    from coalitions
    left join journey_sets
        on
            coalitions.fit_month = journey_sets.fit_month
            and (coalitions.coalition & journey_sets.channel_set) = journey_sets.channel_set
    group by coalitions.fit_month, coalitions.channel_count, coalitions.coalition
),

order_shares as (
    select
        share.channel_count,
        share.coalition_size,
        share.order_share
    from unnest([
        {%- for count, size, share in shares %}
        struct({{ count }} as channel_count, {{ size }} as coalition_size, {{ share }} as order_share)
        {{- ',' if not loop.last }}
        {%- endfor %}
    ]) as share
),

final as (
    select
        channels.fit_month,
        channels.channel,
        -- As billionths: the terms are small, and NUMERIC has nine decimals.
        {{ exact_sum('1e9 * (with_channel.worth - without_channel.worth) * order_shares.order_share') }} / 1e9
            as shapley_value
    from channels
    inner join worths as without_channel
        on
            channels.fit_month = without_channel.fit_month
            and (without_channel.coalition & (1 << channels.bit)) = 0
    inner join worths as with_channel
        on
            without_channel.fit_month = with_channel.fit_month
            and (without_channel.coalition | (1 << channels.bit)) = with_channel.coalition
    inner join order_shares
        on
            channels.channel_count = order_shares.channel_count
            and bit_count(without_channel.coalition) = order_shares.coalition_size
    group by channels.fit_month, channels.channel
)

select * from final
