{#- Fails where the table is empty. -#}
{% test row_count_positive(model) %}
    select count(*) as row_count
    from {{ model }}
    having count(*) = 0
{% endtest %}
