{% macro identity_attributes() -%}
    {{ return({
        'first_name': 'cast(null as string)',
        'last_name': 'cast(null as string)',
        'email': 'cast(null as string)',
        'phone': 'cast(null as string)',
        'company': 'cast(null as string)',
        'street': 'cast(null as string)',
        'city': 'cast(null as string)',
        'state': 'cast(null as string)',
        'postcode': 'cast(null as string)',
        'country': 'cast(null as string)',
        'birth_date': 'cast(null as date)',
        'user_id': 'cast(null as string)',
        'device_ids': 'cast([] as array<string>)',
        'gclids': 'cast([] as array<string>)',
        'linked_identity_keys': 'cast([] as array<string>)',
        'created_at': 'cast(null as timestamp)',
        'updated_at': 'cast(null as timestamp)',
        'first_seen_date': 'cast(null as date)',
        'last_seen_date': 'cast(null as date)',
        'is_deleted': 'false',
    }) }}
{%- endmacro %}
