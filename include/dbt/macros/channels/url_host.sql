{% macro url_host(url) -%}
    regexp_extract(lower({{ url }}), r'^(?:[a-z]+://)?(?:www\.)?([^/?#:]+)')
{%- endmacro %}
