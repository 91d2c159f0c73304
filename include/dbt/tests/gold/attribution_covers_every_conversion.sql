-- Over the restated months, gold has the conversions and the revenue of silver: none lost, none twice.
with silver as (
    select
        transaction_date,
        count(*) as conversions,
        sum(net_revenue) as revenue
    from {{ ref('unified_transactions') }}
    where
        transaction_date between {{ attribution_start() }} and {{ attribution_end() }}
        and net_revenue > 0
        and not is_cancelled
    group by transaction_date
),

gold as (
    select
        transaction_date,
        count(*) as conversions,
        sum(revenue) as revenue
    from {{ ref('marketing_attribution') }}
    where transaction_date between {{ attribution_start() }} and {{ attribution_end() }}
    group by transaction_date
)

select
    coalesce(silver.transaction_date, gold.transaction_date) as transaction_date,
    silver.conversions as silver_conversions,
    gold.conversions as gold_conversions
from silver
full outer join gold on silver.transaction_date = gold.transaction_date
where
    coalesce(silver.conversions, 0) != coalesce(gold.conversions, 0)
    or coalesce(silver.revenue, 0) != coalesce(gold.revenue, 0)
