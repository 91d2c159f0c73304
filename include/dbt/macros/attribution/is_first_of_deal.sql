{% macro is_first_of_deal() -%}
    row_number() over (
        partition by coalesce(converted_opportunity_id, lead_id) order by created_at asc, lead_id asc
    ) = 1
{%- endmacro %}
