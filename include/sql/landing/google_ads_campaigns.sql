-- The newest version of each campaign, with its budget, bidding strategy and labels of the day of landing.
with
newest_campaigns as (
    select * from campaigns
    qualify row_number() over (partition by _connection, id order by updated_at desc, _fivetran_synced desc) = 1
),

newest_budgets as (
    select * from budgets
    qualify row_number() over (partition by _connection, campaign_id order by updated_at desc, id desc) = 1
),

newest_strategies as (
    select * from bidding_strategies
    qualify row_number() over (partition by _connection, campaign_id order by updated_at desc, type asc) = 1
),

-- All labels of a campaign are written with each of its versions.
newest_labels as (
    select * from campaign_labels
    qualify rank() over (partition by _connection, campaign_id order by updated_at desc) = 1
),

label_lists as (
    select
        newest_labels._connection,
        newest_labels.campaign_id,
        parse_json(
            concat(
                '[', string_agg(distinct to_json_string(labels.name), ', ' order by to_json_string(labels.name)), ']'
            )
        ) as labels,
        max(newest_labels._fivetran_synced) as synced
    from newest_labels
    inner join labels on newest_labels.label_id = labels.id and newest_labels._connection = labels._connection
    group by newest_labels._connection, newest_labels.campaign_id
),

final as (
    select
        newest_campaigns.* except (bidding_strategy_type, end_date, updated_at, _fivetran_synced),
        coalesce(newest_campaigns.bidding_strategy_type, newest_strategies.type) as bidding_strategy_type,
        newest_budgets.id as campaign_budget_id,
        newest_budgets.amount_micros as campaign_budget_amount_micros,
        -- Google writes this day where a campaign has no end.
        nullif(newest_campaigns.end_date, date '2037-12-30') as end_date,
        label_lists.labels,
        greatest(
            newest_campaigns._fivetran_synced,
            coalesce(newest_budgets._fivetran_synced, newest_campaigns._fivetran_synced),
            coalesce(newest_strategies._fivetran_synced, newest_campaigns._fivetran_synced),
            coalesce(label_lists.synced, newest_campaigns._fivetran_synced)
        ) as _fivetran_synced
    from newest_campaigns
    left join newest_budgets
        on
            newest_campaigns.id = newest_budgets.campaign_id
            and newest_campaigns._connection = newest_budgets._connection
    left join newest_strategies
        on
            newest_campaigns.id = newest_strategies.campaign_id
            and newest_campaigns._connection = newest_strategies._connection
    left join label_lists
        on newest_campaigns.id = label_lists.campaign_id and newest_campaigns._connection = label_lists._connection
)

select * from final
