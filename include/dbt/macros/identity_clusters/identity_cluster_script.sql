{% macro identity_cluster_script() -%}
{{ identity_nodes_to_do() }}
{{ identity_components() }}
{{ identity_contested_components() }}
{{ identity_part_contested() }}
{%- endmacro %}
