{% macro delete_withdrawn(key, records) -%}
    delete from {{ this }}
    where
        {{ key }} in (
            {%- for staged, staged_key, condition in records %}
            select {{ staged_key }}
            from {{ staged }}
            where
                date(synced_at) between {{ window_start() }} and {{ window_end() }}
                and ({{ condition }})
            {%- if not loop.last %}
            union all
            {%- endif %}
            {%- endfor %}
        )
{%- endmacro %}
