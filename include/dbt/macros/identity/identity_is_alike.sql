{% macro identity_is_alike(a, b) -%}
    (
        (edit_distance({{ a }}, {{ b }}) = 2 and least(length({{ a }}), length({{ b }})) >= 5)
        or (nullif(soundex({{ a }}), '') = soundex({{ b }}) and least(length({{ a }}), length({{ b }})) >= 3)
    )
{%- endmacro %}
