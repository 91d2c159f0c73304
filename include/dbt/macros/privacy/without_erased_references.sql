{% macro without_erased_references(references) -%}
    {%- if references %} replace (
        {%- for column, kind in references.items() %}
        if({{ is_erased(column, kind) }}, null, {{ column }}) as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
    {%- endif -%}
{%- endmacro %}
