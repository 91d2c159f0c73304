{% macro bigquery__alter_column_comment(relation, column_dict) -%}
    {%- set tag = env_var('MARKETING_PII_POLICY_TAG', '') -%}
    {%- set columns = {} -%}
    {%- for name, column in column_dict.items() -%}
        {%- set is_personal = column.get('config', {}).get('meta', {}).get('pii', false) -%}
        {%- set is_tagged = tag and is_personal and config.get('materialized') != 'view' -%}
        {%- do columns.update({name: dict(column, policy_tags=[tag]) if is_tagged else column}) -%}
    {%- endfor -%}
    {%- do adapter.update_columns(relation, columns) -%}
{%- endmacro %}
