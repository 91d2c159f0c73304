{#- Every knob of identity resolution, with its unit. A dbt var `identity_<name>` overrides one. -#}
{% macro identity_setting(name) -%}
    {%- set defaults = {
        'max_people_per_email': 2,
        'max_users_per_device': 1,
        'max_records_per_identifier': 500,
        'max_records_per_cluster': 1000,
    } -%}
    {{ return(var('identity_' ~ name, defaults[name])) }}
{%- endmacro %}

{#- The id of the customer whose anchor record has this key. Only the key goes in, so a rebuild gives the same id. -#}
{% macro identity_customer_id(identity_key) -%}
    concat('c', substr(to_hex(sha256({{ identity_key }})), 1, 19))
{%- endmacro %}
