{#- Fails for each value below `min` or above `max`, both of them allowed; a bound left out does not count. Null
    passes. -#}
{% test between(model, column_name, min=none, max=none, min_value=none, max_value=none) %}
    {%- set lowest = min_value if min is none else min -%}
    {%- set highest = max_value if max is none else max -%}
    select {{ column_name }}
    from {{ model }}
    where
        false
        {% if lowest is not none %}or {{ column_name }} < {{ lowest }}{% endif %}
        {% if highest is not none %}or {{ column_name }} > {{ highest }}{% endif %}
{% endtest %}
