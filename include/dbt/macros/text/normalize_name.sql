{% macro normalize_name(column) -%}
    regexp_replace(
        {{ fold_name(column) }},
        r'^((mr|mrs|ms|miss|mx|dr|prof) )+|( (jr|sr|junior|senior|ii|iii|iv|phd|md|esq))+$',
        ''
    )
{%- endmacro %}
