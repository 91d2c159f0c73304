{% macro array_of(values) -%}
    array(select value from unnest([{{ values | join(', ') }}]) as value where value is not null)
{%- endmacro %}
