{% macro is_paid_channel(channel) -%}
    {{ channel }} in ('Paid Search', 'Paid Social', 'Display', 'Affiliates')
{%- endmacro %}
