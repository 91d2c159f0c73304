{% macro identity_records_of_braze() -%}
braze_records as (
    select
        {{ identity_record('braze:user', 'external_id', {
            'first_name': 'first_name',
            'last_name': 'last_name',
            'email': 'email',
            'phone': 'phone',
            'company': "json_value(custom_attributes, '$.company')",
            'city': 'city',
            'country': 'country',
            'birth_date': 'birth_date',
            'user_id': 'external_id',
            'device_ids': 'device_ids',
            'linked_identity_keys': shopify_link('external_id'),
            'created_at': 'created_at',
            'updated_at': 'synced_at',
            'first_seen_date': 'date(created_at)',
            'last_seen_date': 'date(coalesce(last_active_at, created_at))',
            'is_deleted': 'is_deleted',
        }) }}
    from braze_users
    where {{ changed_in_window() }}
)
{%- endmacro %}
