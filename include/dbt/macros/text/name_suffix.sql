{% macro name_suffix(column) -%}
    replace(replace(
        regexp_extract({{ fold_text(column) }}, r' (jr|sr|junior|senior|ii|iii|iv)$'), 'junior', 'jr'
    ), 'senior', 'sr')
{%- endmacro %}
