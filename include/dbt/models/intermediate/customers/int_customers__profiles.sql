with source_records as (
    select * from {{ ref('int_customers__source_records') }}
),

survivors as (
    select
        customer_id,
        {% for group in survivorship_rules() -%}
        {{ survivor(group) }} as {{ group }},
        {% endfor -%}
        count(*) as source_record_count,
        count(distinct source) as source_count,
        count(distinct email_normalized) as distinct_email_count,
        count(distinct last_name_normalized) > 1 as has_conflicting_names,
        logical_or(is_email_invalid) as has_invalid_email,
        logical_or(is_phone_invalid) as has_invalid_phone,
        {% for consent in consent_sources() -%}
        {{ consent_of_person(consent) }} as {{ consent }},
        {% endfor -%}
        min(date(created_at)) as first_record_date,
        logical_or(source = 'salesforce') as in_salesforce,
        logical_or(source = 'shopify') as in_shopify,
        logical_or(source = 'ga360') as in_web,
        logical_or(source = 'firebase') as in_app,
        logical_or(source = 'braze') as in_braze,
        logical_or(source = 'zendesk') as in_zendesk
    from source_records
    group by customer_id
),

-- Of each kind of record the newest one stands for the customer in that system.
newest_records as (
    select *
    from source_records
    qualify
        row_number() over (partition by customer_id, record_kind order by updated_at desc, identity_key asc) = 1
),

record_ids as (
    select
        customer_id,
        {% for column, kind in {
            'salesforce_contact_id': 'salesforce:contact',
            'salesforce_lead_id': 'salesforce:lead',
            'shopify_customer_id': 'shopify:customer',
            'braze_user_id': 'braze:user',
            'zendesk_user_id': 'zendesk:user',
        }.items() -%}
        max(if(record_kind = '{{ kind }}', source_record_id, null)) as {{ column }},
        {% endfor -%}
        max(account_id) as salesforce_account_id,
        max(email_subscription) as email_subscription,
        max(push_subscription) as push_subscription
    from newest_records
    group by customer_id
),

final as (
    select
        survivors.customer_id,
        {% for rule in survivorship_rules().items() -%}
        {% for column in rule[1].columns -%}
        survivors.{{ rule[0] }}.{{ column }},
        {% endfor -%}
        {% endfor -%}
        survivors.source_record_count,
        survivors.source_count,
        survivors.distinct_email_count,
        survivors.has_conflicting_names,
        survivors.has_invalid_email,
        survivors.has_invalid_phone,
        -- Who objects is denied whatever the sources say, until they take it back.
        {% for consent in consent_sources() -%}
        if(
            {{ objects_to('marketing', 'survivors.customer_id') | indent(12) }}
            {%- if consent == 'ad_personalization' %}
            or {{ objects_to('profiling', 'survivors.customer_id') | indent(12) }}
            {%- endif %},
            'denied',
            survivors.{{ consent }}
        ) as {{ consent }},
        {% endfor -%}
        survivors.email_consent = 'denied'
        or {{ objects_to('marketing', 'survivors.customer_id') | indent(8) }} as is_unsubscribed,
        survivors.first_record_date,
        survivors.in_salesforce,
        survivors.in_shopify,
        survivors.in_web,
        survivors.in_app,
        survivors.in_braze,
        survivors.in_zendesk,
        record_ids.* except (customer_id)
    from survivors
    inner join record_ids on survivors.customer_id = record_ids.customer_id
)

select * from final
