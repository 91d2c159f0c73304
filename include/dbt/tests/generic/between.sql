{#- Fails for each value below `min` or above `max` (both allowed; leave one out for no bound). Null passes. -#}
{% test between(model, column_name, min=none, max=none) %}
    select {{ column_name }}
    from {{ model }}
    where
        false
        {% if min is not none %}or {{ column_name }} < {{ min }}{% endif %}
        {% if max is not none %}or {{ column_name }} > {{ max }}{% endif %}
{% endtest %}
