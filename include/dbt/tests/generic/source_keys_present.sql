{#- Counts the window's source rows without a key, which the staging model leaves out.
    `source_table`: the bronze table; `keys`: its key columns; `day`: SQL of its partition column. -#}
{% test source_keys_present(model, source_table, keys, day) %}
    select {{ keys | join(', ') }}
    from {{ source_table }}
    where
        {{ day }} between {{ window_start() }} and {{ window_end() }}
        and ({% for key in keys %}{{ key }} is null{{ ' or ' if not loop.last }}{% endfor %})
{% endtest %}
