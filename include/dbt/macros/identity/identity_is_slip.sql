{#- A letter of another script, such as a Chinese one, is a word: another letter is another name. -#}
{% macro identity_is_slip(a, b) -%}
    (
        regexp_contains({{ a }}, r'[a-z0-9]') and (
            edit_distance({{ a }}, {{ b }}) <= if(least(length({{ a }}), length({{ b }})) >= 8, 2, 1)
            or (
                edit_distance({{ a }}, {{ b }}) = 2
                and length({{ a }}) = length({{ b }})
                and length({{ a }}) >= 4
                and (
                    soundex({{ a }}) = soundex({{ b }})
                    or {{ identity_sorted_letters(a) }} = {{ identity_sorted_letters(b) }}
                )
            )
        )
    )
{%- endmacro %}
