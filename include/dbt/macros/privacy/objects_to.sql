{# No ref: the identity map comes before every model that asks, and unit tests need not give who has objected. #}
{% macro objects_to(purpose, customer_id) -%}
    {%- set objections = objections() -%}
    {%- if objections -%}
    coalesce({{ customer_id }} in (
        select objecting.customer_id
        from {{ api.Relation.create(
            database=target.project, schema=var('silver_dataset'), identifier='identity_map'
        ) }} as objecting
        inner join {{ objections }} as objected on objecting.identity_key = objected.identity_key
        where objected.purpose = '{{ purpose }}' and objected.withdrawn_at is null
    ), false)
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}
