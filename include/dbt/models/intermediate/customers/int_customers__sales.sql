with opportunities as (
    select * from {{ ref('int_opportunities__identified') }}
    where not is_deleted
),

leads as (
    select * from {{ ref('unified_leads') }}
    where customer_id is not null
),

keys as (
    select * from {{ ref('int_customers__keys') }}
    where customer_id is not null
),

pipeline as (
    select
        keys.customer_id,
        countif(not opportunities.is_closed) as open_opportunity_count,
        coalesce(sum(if(not opportunities.is_closed, opportunities.reported_amount, 0)), 0) as pipeline_amount,
        countif(opportunities.is_won) as won_opportunity_count,
        coalesce(sum(if(opportunities.is_won, opportunities.reported_amount, 0)), 0) as won_amount
    from opportunities
    inner join keys on opportunities.identity_key = keys.identity_key
    group by keys.customer_id
),

newest_leads as (
    select
        customer_id,
        array_agg(status order by created_at desc, lead_id asc limit 1)[safe_offset(0)] as lead_status,
        array_agg(channel order by created_at, lead_id limit 1)[safe_offset(0)] as first_lead_channel,
        max(created_date) as last_lead_date
    from leads
    group by customer_id
),

final as (
    select
        coalesce(pipeline.customer_id, newest_leads.customer_id) as customer_id,
        coalesce(pipeline.open_opportunity_count, 0) as open_opportunity_count,
        coalesce(pipeline.pipeline_amount, 0) as pipeline_amount,
        coalesce(pipeline.won_opportunity_count, 0) as won_opportunity_count,
        coalesce(pipeline.won_amount, 0) as won_amount,
        newest_leads.lead_status,
        newest_leads.first_lead_channel,
        newest_leads.last_lead_date
    from pipeline
    full outer join newest_leads on pipeline.customer_id = newest_leads.customer_id
)

select * from final
