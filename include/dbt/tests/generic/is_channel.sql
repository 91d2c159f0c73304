{#- Fails for each value that macro channel_of does not name. Null passes. -#}
{% test is_channel(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} not in ('{{ channels() | join("', '") }}')
{% endtest %}
