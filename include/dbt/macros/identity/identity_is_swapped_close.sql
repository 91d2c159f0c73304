{% macro identity_is_swapped_close() -%}
    (
        (
            {{ identity_is_slip('a.first_name', 'b.last_name') }}
            and exists (
                select 1
                from unnest(a.last_names) as name_a, unnest(b.first_names) as name_b
                where {{ identity_is_slip('name_a', 'name_b') }}
            )
        ) or (
            {{ identity_is_slip('a.last_name', 'b.first_name') }}
            and exists (
                select 1
                from unnest(a.first_names) as name_a, unnest(b.last_names) as name_b
                where {{ identity_is_slip('name_a', 'name_b') }}
            )
        )
    )
{%- endmacro %}
