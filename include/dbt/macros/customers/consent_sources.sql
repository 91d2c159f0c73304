{#
    Who says what a person consents to, by the column of customer_360. `state` is a column of a source's record; what is
    neither `granted` nor `denied` is unspecified, such as Braze's default `subscribed` and Shopify's `not_subscribed`.
    An unspecified record says nothing; of the others a denial wins, wherever and whenever it was made.
#}
{% macro consent_sources() -%}
    {{ return({
        'email_consent': [
            {'state': 'braze_users.email_subscription_state', 'granted': ['opted_in'], 'denied': ['unsubscribed']},
            {'state': 'shopify_customers.email_consent_state', 'granted': ['subscribed'], 'denied': ['unsubscribed']},
            {'state': 'cast(contacts.is_email_opted_out as string)', 'granted': [], 'denied': ['true']},
            {'state': 'cast(leads.is_email_opted_out as string)', 'granted': [], 'denied': ['true']},
        ],
        'sms_consent': [
            {'state': 'shopify_customers.sms_consent_state', 'granted': ['subscribed'], 'denied': ['unsubscribed']},
        ],
        'push_consent': [
            {'state': 'braze_users.push_subscription_state', 'granted': ['opted_in'], 'denied': ['unsubscribed']},
        ],
        'ad_user_data': [
            {
                'state': "json_value(braze_users.custom_attributes, '$.ad_user_data')",
                'granted': ['true', 'granted'],
                'denied': ['false', 'denied'],
            },
        ],
        'ad_personalization': [
            {
                'state': "json_value(braze_users.custom_attributes, '$.ad_personalization')",
                'granted': ['true', 'granted'],
                'denied': ['false', 'denied'],
            },
        ],
    }) }}
{%- endmacro %}
