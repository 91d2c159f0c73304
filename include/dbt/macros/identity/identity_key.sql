{% macro identity_key(source, entity, id) -%}
    concat('{{ source }}:{{ entity }}:', {{ id }})
{%- endmacro %}
