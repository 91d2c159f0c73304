{% macro normalize_email(column) -%}
    {%- set email = clean_email(column) -%}
    if(
        regexp_contains({{ email }}, r'@(gmail|googlemail)\.com$'),
        concat(replace(regexp_extract({{ email }}, r'^[^+@]+'), '.', ''), '@gmail.com'),
        regexp_replace({{ email }}, r'\+[^@]*@', '@')
    )
{%- endmacro %}
