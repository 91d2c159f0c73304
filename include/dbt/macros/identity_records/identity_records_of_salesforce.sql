{% macro identity_records_of_salesforce() -%}
-- The mobile phone comes first: a business phone may be the switchboard of the whole company.
contact_records as (
    select
        {{ identity_record('salesforce:contact', 'contacts.contact_id', {
            'first_name': 'contacts.first_name',
            'last_name': 'contacts.last_name',
            'email': 'contacts.email',
            'phone': 'coalesce(contacts.mobile_phone, contacts.phone)',
            'company': 'accounts.account_name',
            'street': 'contacts.street',
            'city': 'contacts.city',
            'state': 'contacts.state',
            'postcode': 'contacts.postcode',
            'country': 'contacts.country',
            'birth_date': 'contacts.birth_date',
            'created_at': 'contacts.created_at',
            'updated_at': 'contacts.updated_at',
            'first_seen_date': 'date(contacts.created_at)',
            'last_seen_date': later_of('date(contacts.updated_at)', 'contacts.last_activity_date'),
            'is_deleted': 'contacts.is_deleted',
        }) }}
    from contacts
    left join accounts on contacts.account_id = accounts.account_id
    where
        {{ changed_in_window('date(contacts.synced_at)') }}
        or {{ changed_in_window('date(accounts.synced_at)') }}
),

lead_records as (
    select
        {{ identity_record('salesforce:lead', 'lead_id', {
            'first_name': 'first_name',
            'last_name': 'last_name',
            'email': 'email',
            'phone': 'coalesce(mobile_phone, phone)',
            'company': 'company',
            'street': 'street',
            'city': 'city',
            'state': 'state',
            'postcode': 'postcode',
            'country': 'country',
            'device_ids': array_of(['ga_client_id']),
            'gclids': array_of(['gclid']),
            'linked_identity_keys': array_of(["concat('salesforce:contact:', converted_contact_id)"]),
            'created_at': 'created_at',
            'updated_at': 'updated_at',
            'first_seen_date': 'date(created_at)',
            'last_seen_date': 'date(updated_at)',
            'is_deleted': 'is_deleted',
        }) }}
    from leads
    where {{ changed_in_window() }}
)
{%- endmacro %}
