-- Removal effect of a channel: the share of conversions that would be lost if every step into it ended the
-- journey. Journeys are an absorbing Markov chain (start, channels, conversion; the rest of each row is the
-- null state). The chance to get from start to conversion is found exactly, not by iterating to convergence:
-- the channels are eliminated one after the other (Gaussian elimination of transient states), each step going
-- round the channel through its neighbours: p(i, j) += p(i, s) p(s, j) / (1 - p(s, s)).
-- A matrix is one ARRAY per month and removed channel, so that each step reads the one before exactly once.

{%- set max_channels = channels() | length %}

with paths as (
    select
        fit_month,
        split(path, ' > ') as steps,
        conversions,
        non_conversions,
    from {{ ref('int_attribution__paths') }}
),

transitions as (
    select
        paths.fit_month,
        if(step_index = 1, '(start)', paths.steps[safe_ordinal(step_index - 1)]) as from_state,
        paths.steps[safe_ordinal(step_index)] as to_state,
        paths.conversions + paths.non_conversions as weight,
    from paths
    cross join unnest(generate_array(1, array_length(paths.steps))) as step_index
    union all
    select
        fit_month,
        steps[safe_ordinal(array_length(steps))] as from_state,
        '(conversion)' as to_state,
        conversions as weight,
    from paths
    union all
    select
        fit_month,
        steps[safe_ordinal(array_length(steps))] as from_state,
        '(null)' as to_state,
        non_conversions as weight,
    from paths
),

probabilities as (
    select
        fit_month,
        from_state,
        to_state,
        sum(weight) / sum(sum(weight)) over (partition by fit_month, from_state) as probability,
    from transitions
    group by fit_month, from_state, to_state
),

-- Row 0 is the start; column channel_count + 1 is the conversion.
channels as (
    select
        fit_month,
        to_state as channel,
        row_number() over (partition by fit_month order by to_state asc) as channel_number,
        count(*) over (partition by fit_month) as channel_count,
    from (select distinct fit_month, to_state from transitions where to_state not in ('(conversion)', '(null)'))
),

from_states as (
    select fit_month, channel as state, channel_number as state_number, channel_count from channels
    union all
    select distinct fit_month, '(start)' as state, 0 as state_number, channel_count from channels
),

to_states as (
    select fit_month, channel as state, channel_number as state_number from channels
    union all
    select distinct fit_month, '(conversion)' as state, channel_count + 1 as state_number from channels
),

matrices as (
    select
        from_states.fit_month,
        from_states.channel_count,
        array_agg(
            coalesce(probabilities.probability, 0.0)
            order by from_states.state_number asc, to_states.state_number asc
        ) as p,
    from from_states
    inner join to_states on from_states.fit_month = to_states.fit_month
    left join probabilities
        on
            from_states.fit_month = probabilities.fit_month
            and from_states.state = probabilities.from_state
            and to_states.state = probabilities.to_state
    group by from_states.fit_month, from_states.channel_count
),

-- Channel number 0 removes nothing. `width` is the number of columns.
eliminated_0 as (
    select
        matrices.fit_month,
        matrices.channel_count,
        matrices.channel_count + 1 as width,
        removed,
        array(
            select if(mod(cell, matrices.channel_count + 1) + 1 = removed, 0.0, matrices.p[safe_ordinal(cell + 1)])
            from unnest(generate_array(0, array_length(matrices.p) - 1)) as cell
            order by cell asc
        ) as p,
    from matrices
    cross join unnest(generate_array(0, matrices.channel_count)) as removed
),
{% for s in range(1, max_channels + 1) %}
eliminated_{{ s }} as (
    select
        fit_month,
        channel_count,
        width,
        removed,
        array(
            select
                if(
                    {{ s }} > channel_count,
                    p[safe_ordinal(cell + 1)],
                    p[safe_ordinal(cell + 1)]
                    + p[safe_ordinal(div(cell, width) * width + {{ s }})]
                    * p[safe_ordinal({{ s }} * width + mod(cell, width) + 1)]
                    / (1 - p[safe_ordinal({{ s }} * width + {{ s }})])
                )
            from unnest(generate_array(0, array_length(p) - 1)) as cell
            order by cell asc
        ) as p,
    from eliminated_{{ s - 1 }}
),
{% endfor %}
conversion_rates as (
    select
        fit_month,
        removed,
        p[safe_ordinal(channel_count + 1)] as conversion_rate,
    from eliminated_{{ max_channels }}
),

final as (
    select
        channels.fit_month,
        channels.channel,
        complete.conversion_rate,
        without_channel.conversion_rate as conversion_rate_without,
        coalesce(
            1 - safe_divide(without_channel.conversion_rate, complete.conversion_rate), 0
        ) as removal_effect,
    from channels
    inner join conversion_rates as complete
        on channels.fit_month = complete.fit_month and complete.removed = 0
    inner join conversion_rates as without_channel
        on
            channels.fit_month = without_channel.fit_month
            and channels.channel_number = without_channel.removed
)

select * from final
