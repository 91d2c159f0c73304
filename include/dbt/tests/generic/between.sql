{#- Fails for each value below `min` or above `max`, both of them allowed; a bound left out does not count. Null
    passes. -#}
{% test between(model, column_name, min=none, max=none) %}
    select {{ column_name }}
    from {{ model }}
    where
        false
        {% if min is not none %}or {{ column_name }} < {{ min }}{% endif %}
        {% if max is not none %}or {{ column_name }} > {{ max }}{% endif %}
{% endtest %}
