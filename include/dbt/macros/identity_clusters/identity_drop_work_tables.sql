{% macro identity_drop_work_tables() -%}
    {%- for name in ['nodes', 'edges', 'labels', 'links', 'parents', 'jumped', 'contested', 'sizes'] %}
drop table if exists {{ identity_work_table(name) }};
    {%- endfor %}
{%- endmacro %}
