{% macro url_parameter(url, name) -%}
    regexp_replace(regexp_extract({{ url }}, r'[?&]{{ name }}=([^&#]+)'), r'\+|%20', ' ')
{%- endmacro %}
