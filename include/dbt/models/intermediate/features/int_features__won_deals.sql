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
        '{{ var('salesforce_currency') }}' as currency,
        least(if(was_known, coalesce(date(updated_at), landed_date), close_date), landed_date) as told_date
    from versions
    where is_won and not was_won and close_date is not null
),

opportunities as (
    select
        opportunity_id,
        identity_key
    from {{ ref('int_opportunities__identified') }}
),

rates as (
    select
        currency,
        rate,
        rate_date as valid_from,
        lead(rate_date) over (partition by currency order by rate_date asc) as valid_before
    from {{ ref('exchange_rates') }}
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
        round(
            coalesce(wins.amount, 0)
            * if(wins.currency = '{{ var('reporting_currency') }}', 1, coalesce(rates.rate, 0)),
            2
        ) as gross_revenue
    from wins
    inner join opportunities on wins.opportunity_id = opportunities.opportunity_id
    left join rates
        on
            wins.currency = rates.currency
            and wins.close_date >= rates.valid_from
            and (wins.close_date < rates.valid_before or rates.valid_before is null)
)

select * from final
