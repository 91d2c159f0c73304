{% macro identity_customer_id(identity_key) -%}
    concat('c', substr(to_hex(sha256({{ identity_key }})), 1, 19))
{%- endmacro %}
