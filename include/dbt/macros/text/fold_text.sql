{% macro fold_text(column) -%}
    {%- set letters -%}
        regexp_replace(normalize(lower({{ column }}), nfkd), r'[\pM\x27\x{2019}\x{0060}.]', '')
    {%- endset -%}
    {#- The last two letters of the first list stand for nothing. -#}
    {%- set ascii -%}
        translate(
            replace(replace(replace({{ letters }}, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
            'øłđðþıθχψабвгдезиклмнопрстуфыэієґαβγδεζηικλμνξοπρσςτυφωьъ',
            'olddtitcpabvgdeziklmnoprstufyeiegavgdeziiklmnxoprsstufo'
        )
    {%- endset -%}
    nullif(trim(regexp_replace({{ ascii }}, r'[^\pL\pN]+', ' ')), '')
{%- endmacro %}
