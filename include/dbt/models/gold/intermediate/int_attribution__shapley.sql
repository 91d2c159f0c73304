-- Shapley value of a channel: what it adds to the conversion rate of a coalition of channels, averaged over
-- all orders in which the channels could join. Worth of a coalition: conversion rate of the journeys that used
-- none but its channels. Exact over all 2^n coalitions (n <= 11 channels), each a bit mask. The shortcut
-- "split each conversion among its channels" is not taken: it never looks at journeys that did not convert.

{%- set max_channels = channels() | length %}
{%- set factorials = [1] %}
{%- for n in range(1, max_channels + 1) %}{% do factorials.append(factorials[-1] * n) %}{% endfor %}

with paths as (
    select
        fit_month,
        path,
        split(path, ' > ') as steps,
        conversions,
        non_conversions,
    from {{ ref('int_attribution__paths') }}
),

channels as (
    select
        fit_month,
        channel,
        row_number() over (partition by fit_month order by channel asc) - 1 as bit,
        count(*) over (partition by fit_month) as channel_count,
    from (
        select distinct
            paths.fit_month,
            step as channel,
        from paths
        cross join unnest(paths.steps) as step
    )
),

path_sets as (
    select
        paths.fit_month,
        paths.path,
        paths.conversions,
        paths.conversions + paths.non_conversions as journeys,
        bit_or(1 << channels.bit) as channel_set,
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
        sum(journeys) as journeys,
    from path_sets
    group by fit_month, channel_set
),

coalitions as (
    select
        months.fit_month,
        months.channel_count,
        coalition,
    from (select distinct fit_month, channel_count from channels) as months
    cross join unnest(generate_array(0, (1 << months.channel_count) - 1)) as coalition
),

worths as (
    select
        coalitions.fit_month,
        coalitions.channel_count,
        coalitions.coalition,
        coalesce(safe_divide(sum(journey_sets.conversions), sum(journey_sets.journeys)), 0) as worth,
    from coalitions
    left join journey_sets
        on
            coalitions.fit_month = journey_sets.fit_month
            and (coalitions.coalition & journey_sets.channel_set) = journey_sets.channel_set
    group by coalitions.fit_month, coalitions.channel_count, coalitions.coalition
),

final as (
    select
        channels.fit_month,
        channels.channel,
        sum(
            (with_channel.worth - without_channel.worth)
            * factorials[safe_ordinal(bit_count(without_channel.coalition) + 1)]
            * factorials[safe_ordinal(channels.channel_count - bit_count(without_channel.coalition))]
            / factorials[safe_ordinal(channels.channel_count + 1)]
        ) as shapley_value,
    from channels
    inner join worths as without_channel
        on
            channels.fit_month = without_channel.fit_month
            and (without_channel.coalition & (1 << channels.bit)) = 0
    inner join worths as with_channel
        on
            without_channel.fit_month = with_channel.fit_month
            and (without_channel.coalition | (1 << channels.bit)) = with_channel.coalition
    cross join (select [{{ factorials | join(', ') }}] as factorials)
    group by channels.fit_month, channels.channel
)

select * from final
