{% macro unless_stored_is_newer(relation, key) -%}
    select {{ relation }}.*
    from {{ relation }}
    {%- if is_incremental() %}
    left join {{ this }} as stored on {{ relation }}.{{ key }} = stored.{{ key }}
    where stored.synced_at is null or stored.synced_at <= {{ relation }}.synced_at
    {%- endif %}
{%- endmacro %}
