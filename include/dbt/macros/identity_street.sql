{#- A street line folded, its usual words abbreviated and the flat left out. -#}
{% macro identity_street(column) -%}
    {%- set words = [
        ('street', 'st'), ('avenue', 'ave'), ('road', 'rd'), ('boulevard', 'blvd'), ('drive', 'dr'), ('lane', 'ln'),
        ('court', 'ct'), ('place', 'pl'), ('square', 'sq'), ('terrace', 'ter'), ('highway', 'hwy'),
        ('parkway', 'pkwy'), ('circle', 'cir'), ('crescent', 'cres'), ('trail', 'trl'), ('close', 'cl'),
        ('north', 'n'), ('south', 's'), ('east', 'e'), ('west', 'w'),
    ] -%}
    {%- set ns = namespace(sql=fold_text(column)) -%}
    {%- for word, short in words -%}
        {%- set ns.sql = "regexp_replace(" ~ ns.sql ~ ", r'\\b" ~ word ~ "\\b', '" ~ short ~ "')" -%}
    {%- endfor -%}
    trim(regexp_replace({{ ns.sql }}, r'\b(apt|apartment|unit|suite|ste|flat|floor|fl) ?[0-9a-z]+$', ''))
{%- endmacro %}
