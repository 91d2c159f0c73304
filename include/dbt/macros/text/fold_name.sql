{% macro fold_name(column) -%}
    {%- set folded = namespace(sql=fold_text(column)) -%}
    {%- for letter, latin in [
        ('ж', 'zh'), ('х', 'kh'), ('ц', 'ts'), ('ч', 'ch'), ('щ', 'shch'), ('ш', 'sh'), ('ю', 'yu'), ('я', 'ya'),
    ] -%}
        {%- set folded.sql = "replace(" ~ folded.sql ~ ", '" ~ letter ~ "', '" ~ latin ~ "')" -%}
    {%- endfor -%}
    {{ folded.sql }}
{%- endmacro %}
