with journeys as (
    select * from {{ ref('int_attribution__journeys') }}
),

touches as (
    select
        person_key,
        date_trunc(touchpoint_date, month) as fit_month,
        touchpoint_at,
        touchpoint_id,
        channel
    from {{ ref('int_attribution__touches') }}
    where {{ in_months('touchpoint_date', attribution_months()) }}
),

converting as (
    select
        fit_month,
        string_agg(channel, ' > ' order by position asc) as path,
        1 as conversions,
        0 as non_conversions
    from journeys
    -- A stand-in is no evidence of what a channel does.
    where not is_stand_in
    group by fit_month, transaction_id
),

converted_persons as (
    select distinct
        fit_month,
        customer_id
    from journeys
    where customer_id is not null
),

-- What a person did in a month without a conversion is a journey that did not convert.
non_converting as (
    select
        touches.fit_month,
        string_agg(touches.channel, ' > ' order by touches.touchpoint_at asc, touches.touchpoint_id asc) as path,
        0 as conversions,
        1 as non_conversions
    from touches
    left join converted_persons
        on touches.fit_month = converted_persons.fit_month and touches.person_key = converted_persons.customer_id
    where converted_persons.customer_id is null
    group by touches.fit_month, touches.person_key
),

unioned as (
    select * from converting
    union all
    select * from non_converting
),

final as (
    select
        fit_month,
        path,
        sum(conversions) as conversions,
        sum(non_conversions) as non_conversions
    from unioned
    group by fit_month, path
)

select * from final
