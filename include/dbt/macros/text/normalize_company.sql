{% macro normalize_company(column) -%}
    {%- set company = fold_text("replace(" ~ column ~ ", '&', ' and ')") -%}
    regexp_replace(
        {{ company }},
        r'^the |(( and)? (inc|incorporated|llc|lllp|llp|lp|ltd|limited|corp|corporation|co|company|plc|gmbh|ag|kg|ug|sa|sas|sarl|srl|spa|bv|nv|ab|as|oy|pty|pte|kk))+$',
        ''
    )
{%- endmacro %}
