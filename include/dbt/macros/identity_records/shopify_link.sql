{% macro shopify_link(id) -%}
    if(regexp_contains({{ id }}, r'^[0-9]+$'), [concat('shopify:customer:', {{ id }})], cast([] as array<string>))
{%- endmacro %}
