{% macro identity_record(entity, id, known) -%}
    {%- for column in known if column not in identity_attributes() -%}
        {{ exceptions.raise_compiler_error("identity_record: unknown column " ~ column ~ " of " ~ entity) }}
    {%- endfor -%}
    concat('{{ entity }}:', {{ id }}) as identity_key,
        '{{ entity.split(":")[0] }}' as source,
        '{{ entity.split(":")[1] }}' as source_entity,
        {{ id }} as source_record_id,
        {%- for column, unknown in identity_attributes().items() %}
        {{ known.get(column, unknown) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
{%- endmacro %}
