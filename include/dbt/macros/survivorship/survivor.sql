{% macro survivor(group) -%}
    {%- set rule = survivorship_rules()[group] -%}
    array_agg(
        struct({% for column in rule.columns %}{{ column }} as {{ column }}{{ ', ' if not loop.last }}{% endfor %})
        order by
            {{ rule.required }} is null asc,
            case record_kind
                {%- for kind in rule.records %}
                when '{{ kind }}' then {{ loop.index }}
                {%- endfor %}
                else {{ rule.records | length + 1 }}
            end asc,
            updated_at desc,
            identity_key asc
        limit 1
    )[safe_offset(0)]
{%- endmacro %}
