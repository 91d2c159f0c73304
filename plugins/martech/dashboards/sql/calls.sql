-- Customers at risk, those with the most revenue first. Who reads it sees a pseudonym, that of the analysts' views;
-- names only where the setting allows them.
with key as (
    select array_agg(newest.secret order by newest.created_at desc limit 1)[safe_offset(0)] as secret
    from `{{ key }}` as newest
)

select
    {% if named -%}
    coalesce(customers.account_name, customers.full_name, customers.customer_id) as customer,
    {%- else -%}
    left(to_hex(sha256(concat(key.secret, 'customer:', customers.customer_id))), {{ pseudonym_length }}) as customer,
    {%- endif %}
    customers.health_category,
    customers.health_score,
    customers.weakest_component,
    customers.recommended_actions[safe_offset(0)] as action,
    customers.lifecycle_stage,
    customers.total_revenue,
    customers.days_since_last_order,
    {% if named %}customers.account_owner_id{% else %}cast(null as string){% endif %} as owner
from `{{ customers }}` as customers
cross join key
where
    customers.health_category in ('at_risk', 'critical')
    -- As analysts do, who reads pseudonyms sees those who may be contacted.
    {% if not named %}and customers.is_unsubscribed is not true{% endif %}
order by customers.total_revenue desc, customers.health_score asc, customers.customer_id asc
limit @most
