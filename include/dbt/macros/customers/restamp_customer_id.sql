{% macro restamp_customer_id(date_column=none, lookback_days=none) -%}
    update {{ this }} as stamped
    set customer_id = keys.customer_id
    from {{ ref('int_customers__keys') }} as keys
    where
        stamped.identity_key = keys.identity_key
        and stamped.customer_id is distinct from keys.customer_id
        {%- if date_column %}
        and stamped.{{ date_column }} >= date_sub({{ window_end() }}, interval {{ lookback_days }} day)
        {%- endif %}
{%- endmacro %}
