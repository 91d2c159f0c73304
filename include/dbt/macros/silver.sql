{#- Key of a source record in identity_map: <source>:<entity>:<id>. Null where the id is null. -#}
{% macro identity_key(source, entity, id) -%}
    concat('{{ source }}:{{ entity }}:', {{ id }})
{%- endmacro %}

{#- Whether a staging row was landed in the window, for tables that are merged; every row at the first build. -#}
{% macro landed_in_window(synced_at='synced_at') -%}
    {%- if is_incremental() -%}
        date({{ synced_at }}) between {{ window_start() }} and {{ window_end() }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- Post-hook of silver tables: rows whose source record has moved to another customer get that customer, and
    rows of a person whose every record was deleted get none.
    `date_column`, `lookback_days`: only rows of the last days before the window's end, and later ones, are
    looked at; without them all rows, which a table of current state wants. -#}
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

{#- Post-hook of merged tables: rows whose source record was withdrawn in the window go. `key`: this table's key;
    `records`: of each source the relation, SQL of the same key there, and what withdraws a record. All sources in one
    statement, for each reads the table whole. -#}
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

{#- Share of two numbers as FLOAT64; null where the denominator is 0. -#}
{% macro rate(numerator, denominator) -%}
    cast(safe_divide({{ numerator }}, {{ denominator }}) as float64)
{%- endmacro %}

{#- The sum of a FLOAT64 column, to nine decimals: added up as NUMERIC, since the last digits of a sum of floats depend
    on the order in which the rows are read, and a rerun must give the same rows. -#}
{% macro exact_sum(column) -%}
    cast(sum(cast({{ column }} as numeric)) as float64)
{%- endmacro %}

{#- A name as people write it: blanks trimmed; one that is all in capitals or all in small letters is
    capitalised, any other spelling is respected (McDonald). -#}
{% macro tidy_name(column) -%}
    nullif(
        if(
            trim({{ column }}) in (lower(trim({{ column }})), upper(trim({{ column }}))),
            initcap(trim({{ column }})),
            trim({{ column }})
        ),
        ''
    )
{%- endmacro %}
