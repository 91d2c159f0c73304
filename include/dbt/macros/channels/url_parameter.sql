{% macro url_parameter(url, name) -%}
    {{ url_decoded("regexp_extract(" ~ url ~ ", r'[?&]" ~ name ~ "=([^&#]+)')") }}
{%- endmacro %}
