{% macro tidy_name(column) -%}
    nullif(
        if(
            trim({{ column }}) in (lower(trim({{ column }})), upper(trim({{ column }}))),
            initcap(trim({{ column }})),
            trim({{ column }})
        ),
        ''
    )
{%- endmacro %}
