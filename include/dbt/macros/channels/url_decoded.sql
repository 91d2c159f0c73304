{% macro url_decoded(text) -%}
    regexp_replace({{ text }}, r'\+|%20', ' ')
{%- endmacro %}
