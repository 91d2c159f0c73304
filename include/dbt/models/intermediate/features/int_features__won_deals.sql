-- Each time that an opportunity became known as won. The close date is what sales says, and may be overdue or ahead:
-- a deal that had landed open counts on the day on which it was changed; one that was never seen open, on its close
-- date. What lands later than late rows may counts on the day on which it landed, and nothing counts before it
-- has: only the first landing of all brings history with it.

with versions as (
    select
        *,
        coalesce(lag(is_won) over (partition by opportunity_id order by landed_date asc), false) as was_won,
        lag(landed_date) over (partition by opportunity_id order by landed_date asc) is not null as was_known,
        landed_date = min(landed_date) over () as is_first_landing
    from {{ ref('int_features__deal_versions') }}
),

wins as (
    select
        *,
        least(if(was_known, coalesce(date(updated_at), landed_date), close_date), landed_date) as told_date
    from versions
    where is_won and not was_won and close_date is not null
),

opportunities as (
    select
        opportunity_id,
        identity_key,
        currency
    from {{ ref('int_opportunities__identified') }}
),

rates as (
    {{ exchange_rate_periods() | indent(4) }}
),

final as (
    select
        wins.opportunity_id,
        opportunities.identity_key,
        if(
            date_diff(wins.landed_date, wins.told_date, day) > {{ var('late_arrival_days') }}
            and not wins.is_first_landing,
            wins.landed_date,
            wins.told_date
        ) as known_date,
        wins.close_date,
        round(coalesce(wins.amount, 0) * coalesce({{ exchange_rate('opportunities.currency') }}, 0), 2) as gross_revenue
    from wins
    inner join opportunities on wins.opportunity_id = opportunities.opportunity_id
    left join rates on {{ has_rate_of('opportunities.currency', 'wins.close_date') }}
)

select * from final
