{% macro fold_text(column) -%}
    {%- set letters -%}
        regexp_replace(normalize(lower({{ column }}), nfkd), r'[\pM\x27\x{2019}\x{0060}.]', '')
    {%- endset -%}
    {#- Letters that stand for several. -#}
    {%- set spelled = namespace(sql=letters) -%}
    {%- for letter, latin in [
        ('ß', 'ss'), ('æ', 'ae'), ('œ', 'oe'), ('þ', 'th'),
        ('ж', 'zh'), ('х', 'kh'), ('ц', 'ts'), ('ч', 'ch'), ('щ', 'shch'), ('ш', 'sh'), ('ю', 'yu'), ('я', 'ya'),
        ('θ', 'th'), ('χ', 'ch'), ('φ', 'f'), ('ψ', 'ps'), ('ου', 'ou'),
    ] -%}
        {%- set spelled.sql = "replace(" ~ spelled.sql ~ ", '" ~ letter ~ "', '" ~ latin ~ "')" -%}
    {%- endfor -%}
    {#- The last letters of the first list stand for nothing. -#}
    {%- set ascii -%}
        translate(
            {{ spelled.sql }},
            'øłđðıабвгдезиклмнопрстуфыэієґαβγδεζηικλμνξοπρσςτυωьъ',
            'olddiabvgdeziklmnoprstufyeiegavgdeziiklmnxoprsstyo'
        )
    {%- endset -%}
    nullif(trim(regexp_replace({{ ascii }}, r'[^\pL\pN]+', ' ')), '')
{%- endmacro %}
