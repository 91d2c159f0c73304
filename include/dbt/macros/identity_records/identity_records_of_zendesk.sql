{% macro identity_records_of_zendesk() -%}
    {%- set particles = '(?:(?i:de|del|della|la|las|los|le|van|von|der|den|di|da|dos|du|bin|al|el)\\s+)*' -%}
-- Agents and admins are our own staff. A name is typed as "Last, First" or as "First Middle Last", maybe with
-- a title, a suffix and particles that belong to the last name.
end_users as (
    select
        *,
        coalesce(
            regexp_extract(full_name, r',\s*(\S.*)$'),
            regexp_extract(full_name, r'^\s*(?:(?i:mr|mrs|ms|miss|mx|dr|prof)\.?\s+)*([^\s,]+)')
        ) as first_name,
        coalesce(
            regexp_extract(full_name, r'^([^,]+),'),
            regexp_extract(full_name, r'\s({{ particles }}\S+?)(?:\s+(?i:jr|sr|ii|iii|iv|phd|md)\.?)?\s*$')
        ) as last_name
    from zendesk_users
    where role = 'end-user' and {{ changed_in_window() }}
),

zendesk_records as (
    select
        {{ identity_record('zendesk:user', 'user_id', {
            'first_name': 'first_name',
            'last_name': 'last_name',
            'email': 'email',
            'phone': 'phone',
            'user_id': 'external_id',
            'linked_identity_keys': shopify_link('external_id'),
            'created_at': 'created_at',
            'updated_at': 'updated_at',
            'first_seen_date': 'date(created_at)',
            'last_seen_date': 'date(coalesce(last_login_at, updated_at))',
            'is_deleted': 'is_deleted',
        }) }}
    from end_users
)
{%- endmacro %}
