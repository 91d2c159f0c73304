{% macro identity_street(column) -%}
    {%- set words = [
        ('(st|ave|pl|sq|ter|cir|cres|cl|n|s|e|w)(?:reet|nue|ace|uare|race|cle|cent|ose|orth|outh|ast|est)', '\\\\1'),
        ('road', 'rd'), ('boulevard', 'blvd'), ('drive', 'dr'), ('lane', 'ln'), ('court', 'ct'),
        ('highway', 'hwy'), ('parkway', 'pkwy'), ('trail', 'trl'),
    ] -%}
    {%- set ns = namespace(sql=fold_text(column)) -%}
    {%- for word, short in words -%}
        {%- set ns.sql = "regexp_replace(" ~ ns.sql ~ ", r'\\b" ~ word ~ "\\b', '" ~ short ~ "')" -%}
    {%- endfor -%}
    trim(regexp_replace({{ ns.sql }}, r'\b(apt|apartment|unit|suite|ste|flat|floor|fl) ?[0-9a-z]+$', ''))
{%- endmacro %}
