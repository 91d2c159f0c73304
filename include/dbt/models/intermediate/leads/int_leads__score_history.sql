{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['lead_id', 'score_date'],
    partition_by={'field': 'score_date', 'data_type': 'date'},
    partition_expiration_days=var('gold_retention_days'),
    cluster_by=['lead_id'],
    full_refresh=false,
) }}

-- What a lead's score and forecast were on each day that was the newest, until the lead converted.

with observed as (
    select * from {{ ref('int_leads__observed') }}
    where is_current and converted_date is null
),

forecast as (
    select * from {{ ref('int_leads__forecast') }}
),

final as (
    select
        observed.lead_id,
        observed.observed_date as score_date,
        observed.lead_score,
        round(forecast.conversion_probability, 4) as conversion_probability
    from observed
    inner join forecast on observed.lead_id = forecast.lead_id
)

select * from final
