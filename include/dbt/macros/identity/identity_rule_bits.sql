{% macro identity_rule_bits(rule) -%}
    {{ return({'stated_by_source': 40, 'same_user_id': 40, 'same_gclid': 20, 'same_device': 8, 'same_email': 15}[rule]) }}
{%- endmacro %}
