{% macro identity_sorted_letters(text) -%}
    (select string_agg(letter, '' order by letter) from unnest(split({{ text }}, '')) as letter)
{%- endmacro %}
