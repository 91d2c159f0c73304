{% macro exchange_rate_periods() -%}
    select
        currency,
        rate,
        rate_date as valid_from,
        lead(rate_date) over (partition by currency order by rate_date asc) as valid_before
    from {{ ref('exchange_rates') }}
{%- endmacro %}
