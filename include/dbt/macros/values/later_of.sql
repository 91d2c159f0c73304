{% macro later_of(known, maybe) -%}
    greatest({{ known }}, coalesce({{ maybe }}, {{ known }}))
{%- endmacro %}
