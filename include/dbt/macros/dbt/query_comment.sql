{% macro query_comment(node) -%}
    {%- set labels = {'app': 'dbt'} -%}
    {%- for label, variable in [('airflow-dag', 'AIRFLOW_CTX_DAG_ID'), ('airflow-task', 'AIRFLOW_CTX_TASK_ID')] -%}
        {%- set value = env_var(variable, '') -%}
        {%- if value -%}
            {%- do labels.update({label: modules.re.sub('[^a-z0-9_-]', '-', value | lower)}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if node -%}
        {#- What a test costs is counted with the model it tests. -#}
        {%- do labels.update({
            'dbt-model': (node.attached_node or node.name).split('.')[2:3][0] | default(node.name, true),
            'dbt-resource-type': node.resource_type | string,
        }) -%}
    {%- endif -%}
    {{ return(tojson(labels)) }}
{%- endmacro %}
