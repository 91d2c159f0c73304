{% macro identity_forget_touched() -%}
    {%- if is_incremental() -%}
delete from {{ this }}
where
    identity_key_a in (select identity_key from {{ ref('int_identity__touched') }})
    or identity_key_b in (select identity_key from {{ ref('int_identity__touched') }})
    {%- endif -%}
{%- endmacro %}
