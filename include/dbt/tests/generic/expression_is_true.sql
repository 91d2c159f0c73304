{#- Fails for each row for which `expression` is false. Null passes, as in a SQL CHECK. -#}
{% test expression_is_true(model, expression) %}
    select *
    from {{ model }}
    where not ({{ expression }})
{% endtest %}
