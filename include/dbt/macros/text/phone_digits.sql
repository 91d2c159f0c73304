{% macro phone_digits(column, region=none) -%}
    {#- What is dialled before a number abroad: 011 is North America's, and in Buenos Aires the area code. -#}
    {%- set abroad = "r'^(00|011)'" -%}
    {%- if region -%}
        {%- set abroad = "if(coalesce(" ~ region ~ ".calling_code, 1) = 1, r'^(00|011)', r'^00')" -%}
    {%- endif -%}
    regexp_replace(
        regexp_replace(
            regexp_replace(lower({{ column }}), r'(ext|x|#|;|,).*$|\(0\)', ''), r'[^0-9+]', ''
        ),
        {{ abroad }},
        '+'
    )
{%- endmacro %}
