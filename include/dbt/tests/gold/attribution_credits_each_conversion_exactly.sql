-- Per conversion and model: credits add up to 1, revenue to the conversion's to the cent, nothing is negative, no
-- touch is later than its conversion, and every conversion has a touch.
with credited as (
    select
        conversions.transaction_id,
        conversions.revenue,
        {%- for model in attribution_models() %}
        sum(touch.{{ model }}_credit) as {{ model }}_credit,
        sum(touch.{{ model }}_revenue) as {{ model }}_revenue,
        min(touch.{{ model }}_credit) as {{ model }}_lowest_credit,
        min(touch.{{ model }}_revenue) as {{ model }}_lowest_revenue,
        {%- endfor %}
        count(touch.position) as touches,
        max(touch.touchpoint_at) > max(conversions.transaction_at) as has_late_touch
    from {{ ref('marketing_attribution') }} as conversions
    left join unnest(conversions.touchpoints) as touch
    group by conversions.transaction_id, conversions.revenue
)

select *
from credited
where
    touches = 0
    or has_late_touch
    {%- for model in attribution_models() %}
    or abs({{ model }}_credit - 1) > 1e-9
    or {{ model }}_revenue != revenue
    or {{ model }}_lowest_credit < 0
    or {{ model }}_lowest_revenue < 0
    {%- endfor %}
