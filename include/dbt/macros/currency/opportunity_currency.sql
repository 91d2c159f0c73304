{% macro opportunity_currency() -%}
    upper(coalesce(
        json_value(custom_fields, '$.currency_iso_code'),
        json_value(custom_fields, '$.CurrencyIsoCode'),
        '{{ var('salesforce_currency') }}'
    ))
{%- endmacro %}
