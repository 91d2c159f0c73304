{% macro changed_customers() -%}
    select old_customer_id as customer_id
    from <intermediate.int_identity__merge_history>
    where changed_date >= {{ window_start() }}
    union distinct
    select new_customer_id as customer_id
    from <intermediate.int_identity__merge_history>
    where changed_date >= {{ window_start() }}
{%- endmacro %}
