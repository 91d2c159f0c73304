{% macro identity_is_slip(a, b) -%}
    (
        edit_distance({{ a }}, {{ b }}) <= if(least(length({{ a }}), length({{ b }})) >= 8, 2, 1)
        or (
            edit_distance({{ a }}, {{ b }}) = 2
            and length({{ a }}) = length({{ b }})
            and length({{ a }}) >= 4
            and soundex({{ a }}) = soundex({{ b }})
        )
    )
{%- endmacro %}
