{% macro get_fixture_sql(rows, column_name_to_data_types) -%}
    {%- set relation = defer_relation if defer_relation and not load_relation(this) else this -%}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    {%- if not columns -%}
        {%- do exceptions.raise_compiler_error(relation ~ " does not exist: build " ~ model.name ~ " before its unit tests.") -%}
    {%- endif -%}
    {%- set types = {} -%}
    {%- for column in columns -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- endfor -%}
    {%- for row in rows or [{}] -%}
        {%- set is_first = loop.first -%}
        {%- set given = format_row(row, types) -%}
        {{ "select" if is_first else "union all select" }}
        {%- for column in columns %}
            {%- set name = column.name | lower -%}
            {%- if is_first %} {{ given.get(name) or safe_cast("null", types[name]) | trim }} as {{ column.quoted }}
            {%- else %} {{ given.get(name, "null") }}
            {%- endif %}{{ "," if not loop.last }}
        {%- endfor %}
{% endfor -%}
    {{ "limit 0" if not rows }}
{%- endmacro %}
