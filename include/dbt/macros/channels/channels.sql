{% macro channels() -%}
    {{ return([
        'Direct', 'Organic Search', 'Paid Search', 'Email', 'Paid Social', 'Organic Social', 'Referral',
        'Display', 'Affiliates', 'Push', 'Other',
    ]) }}
{%- endmacro %}
