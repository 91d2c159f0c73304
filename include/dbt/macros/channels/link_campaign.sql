{% macro link_campaign(name) -%}
    if(regexp_contains(trim({{ name }}), r'^\(.*\)$'), null, nullif(trim({{ name }}), ''))
{%- endmacro %}
