{% macro identity_people() -%}
    {%- set first = "count(distinct coalesce(nullif(soundex(first_name_normalized), ''), first_name_normalized))" -%}
    {%- set last = "count(distinct coalesce(nullif(soundex(last_name_normalized), ''), last_name_normalized))" -%}
    if(least({{ first }}, {{ last }}) = 0, greatest({{ first }}, {{ last }}), least({{ first }}, {{ last }}))
{%- endmacro %}
