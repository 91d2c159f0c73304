-- Removal effect of a channel: the share of conversions that would be lost if every step into it ended the
-- journey. Journeys are an absorbing Markov chain (start, channels, conversion; the rest of each row is the
-- null state). The chance to get from start to conversion is found exactly, not by iterating to convergence:
-- the channels are eliminated one after the other (Gaussian elimination of transient states), each step going
-- round the channel through its neighbours: p(i, j) += p(i, s) p(s, j) / (1 - p(s, s)).
-- The neighbours come by window functions, so that each step reads the one before exactly once.

{%- set max_channels = channels() | length %}

with paths as (
    select * from {{ ref('int_attribution__paths') }}
),

steps as (
    select
        paths.fit_month,
        paths.path,
        paths.conversions,
        paths.non_conversions,
        channel,
        step as step_number
    from paths
    cross join unnest(split(paths.path, ' > ')) as channel with offset as step
),

neighbours as (
    select
        fit_month,
        conversions,
        non_conversions,
        channel,
        lag(channel) over (partition by fit_month, path order by step_number asc) as previous_channel,
        lead(channel) over (partition by fit_month, path order by step_number asc) is null as is_last
    from steps
),

transitions as (
    select
        fit_month,
        coalesce(previous_channel, '(start)') as from_state,
        channel as to_state,
        conversions + non_conversions as weight
    from neighbours
    union all
    select
        fit_month,
        channel as from_state,
        '(conversion)' as to_state,
        conversions as weight
    from neighbours
    where is_last
    union all
    select
        fit_month,
        channel as from_state,
        '(null)' as to_state,
        non_conversions as weight
    from neighbours
    where is_last
),

probabilities as (
    select
        fit_month,
        from_state,
        to_state,
        sum(weight) / sum(sum(weight)) over (partition by fit_month, from_state) as probability
    from transitions
    group by fit_month, from_state, to_state
),

channels as (
    select
        fit_month,
        channel,
        row_number() over (partition by fit_month order by channel asc) as channel_number,
        count(*) over (partition by fit_month) as channel_count
    from steps
    group by fit_month, channel
),

-- Row 0 is the start, column channel_count + 1 the conversion.
from_states as (
    select
        fit_month,
        channel as state,
        channel_number as i,
        channel_count
    from channels
    union all
    select distinct
        fit_month,
        '(start)' as state,
        0 as i,
        channel_count
    from channels
),

to_states as (
    select
        fit_month,
        channel as state,
        channel_number as j
    from channels
    union all
    select distinct
        fit_month,
        '(conversion)' as state,
        channel_count + 1 as j
    from channels
),

-- One matrix per month and removed channel; number 0 removes nothing.
eliminated_0 as (
    select
        from_states.fit_month,
        removed,
        from_states.i,
        to_states.j,
        from_states.channel_count,
        if(to_states.j = removed, 0.0, coalesce(cast(probabilities.probability as float64), 0.0)) as p
    from from_states
    inner join to_states on from_states.fit_month = to_states.fit_month
    left join probabilities
        on
            from_states.fit_month = probabilities.fit_month
            and from_states.state = probabilities.from_state
            and to_states.state = probabilities.to_state
    cross join unnest(generate_array(0, from_states.channel_count)) as removed
),
{% for s in range(1, max_channels + 1) %}
eliminated_{{ s }} as (
    select
        fit_month,
        removed,
        i,
        j,
        channel_count,
        -- Beyond the last channel there is nothing to go round: the window values are null or the conversion's.
        if(
            {{ s }} > channel_count,
            p,
            p
            + max(if(j = {{ s }}, p, null)) over (partition by fit_month, removed, i)
            * max(if(i = {{ s }}, p, null)) over (partition by fit_month, removed, j)
            / (1 - max(if(i = {{ s }} and j = {{ s }}, p, null)) over (partition by fit_month, removed))
        ) as p
    from eliminated_{{ s - 1 }}
),
{% endfor %}
conversion_rates as (
    select
        fit_month,
        removed,
        p as conversion_rate
    from eliminated_{{ max_channels }}
    where i = 0 and j = channel_count + 1
),

final as (
    select
        channels.fit_month,
        channels.channel,
        complete.conversion_rate,
        without_channel.conversion_rate as conversion_rate_without,
        coalesce(
            1 - safe_divide(without_channel.conversion_rate, complete.conversion_rate), 0
        ) as removal_effect
    from channels
    inner join conversion_rates as complete
        on channels.fit_month = complete.fit_month and complete.removed = 0
    inner join conversion_rates as without_channel
        on
            channels.fit_month = without_channel.fit_month
            and channels.channel_number = without_channel.removed
)

select * from final
