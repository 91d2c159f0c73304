{% macro identity_records_of_firebase() -%}
app_records as (
    select
        {{ identity_record('firebase:user', 'user_pseudo_id', {
            'email': 'email',
            'city': 'city',
            'country': 'country',
            'user_id': 'user_id',
            'device_ids': array_of(['user_pseudo_id', 'advertising_id']),
            'linked_identity_keys': shopify_link('user_id'),
            'created_at': 'first_opened_at',
            'updated_at': 'last_active_at',
            'first_seen_date': 'date(first_opened_at)',
            'last_seen_date': 'date(last_active_at)',
            'is_deleted': 'is_deleted',
        }) }}
    from app_users
    where {{ changed_in_window() }}
)
{%- endmacro %}
