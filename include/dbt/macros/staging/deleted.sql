{% macro deleted(column='_fivetran_deleted') -%}
    coalesce({{ column }}, false)
    {%- if column != '_fivetran_deleted' %} or coalesce(_fivetran_deleted, false){% endif %}
{%- endmacro %}
