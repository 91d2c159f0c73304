{#- Fails for each value below `min` or above `max`, both of them allowed; a bound left out does not count. Null
    passes. -#}
{% test between(model, column_name, min=none, max=none) %}
    select {{ column_name }}
    from {{ model }}
    where
        {{ column_name }} < {{ column_name if min is none else min }}
        or {{ column_name }} > {{ column_name if max is none else max }}
{% endtest %}
