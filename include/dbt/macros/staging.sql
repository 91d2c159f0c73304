{#- The newest version of every record, or one row of every event, among the rows of a CTE.
    `relation`: name of the CTE; `key`: its key column, or a list of columns. Rows without a key belong to
    nobody and are left out; test `source_keys_present` counts them. The row's own text breaks ties, so
    that a rerun keeps the same row. Rows of erased people do not pass. -#}
{% macro newest_version(relation, key) -%}
    {%- set keys = [key] if key is string else key -%}
    {%- set persons = persons_of_source() -%}
    select *{{ without_erased_references(persons.references) }}
    from {{ relation }}
    where
        {% for column in keys -%}
        {{ column }} is not null
        {%- if not loop.last %}
        and {% endif %}
        {%- endfor %}
        {%- for column, kind in persons.owners.items() %}
        and {{ is_erased(column, kind) }} is not true
        {%- endfor %}
    qualify
        row_number() over (
            partition by {{ keys | join(', ') }}
            order by _fivetran_synced desc, to_json_string({{ relation }}) desc
        ) = 1
{%- endmacro %}

{#- Rows of a CTE for which this table does not already hold a newer version: a backfill of an old day
    must not undo newer state. Joins the window's keys only, on two columns of the table. -#}
{% macro unless_stored_is_newer(relation, key) -%}
    select {{ relation }}.*
    from {{ relation }}
    {%- if is_incremental() %}
    left join {{ this }} as stored on {{ relation }}.{{ key }} = stored.{{ key }}
    where stored.synced_at is null or stored.synced_at <= {{ relation }}.synced_at
    {%- endif %}
{%- endmacro %}

{#- A number that cannot be below zero: a negative one is a defect of the source and becomes null. -#}
{% macro non_negative(column) -%}
    if({{ column }} >= 0, {{ column }}, null)
{%- endmacro %}

{#- True if the source or Fivetran says that the record was deleted. -#}
{% macro deleted(column='_fivetran_deleted') -%}
    coalesce({{ column }}, false)
    {%- if column != '_fivetran_deleted' %} or coalesce(_fivetran_deleted, false){% endif %}
{%- endmacro %}
