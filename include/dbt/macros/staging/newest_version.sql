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
