{#- Fails for each row whose customer is not in customer_360, among the days that restamp_customer_id keeps up to
    date; older rows may name a customer who has been merged since. Null passes. `date_column`: the row's day. -#}
{% test known_customer(model, column_name, date_column) %}
    select rows_of_model.{{ column_name }}
    from {{ model }} as rows_of_model
    left join {{ ref('customer_360') }} as customers on rows_of_model.{{ column_name }} = customers.customer_id
    where
        rows_of_model.{{ date_column }}
        >= date_sub({{ window_end() }}, interval {{ var('attribution_lookback_days') }} day)
        and rows_of_model.{{ column_name }} is not null
        and customers.customer_id is null
{% endtest %}
