{% macro clean_email(column) -%}
    {%- set email = 'trim(lower(' ~ column ~ '))' -%}
    if(
        regexp_contains({{ email }}, r'^[a-z0-9_][a-z0-9.!#$%&*+/=?^_{|}~\x27-]*@([a-z0-9][a-z0-9-]*\.)+[a-z]{2,}$'),
        {{ email }},
        null
    )
{%- endmacro %}
