{{
    config(
        materialized='table',
        cluster_by=['customer_id', 'lifecycle_stage'],
        labels={'layer': 'silver', 'domain': 'customer', 'pii': 'true'},
    )
}}

with facts as (
    select
        *,
        {{ objects_to('profiling', 'customer_id') | indent(8) }} as objects_to_profiling
    from {{ ref('int_customers__facts') }}
),

scores as (
    select * from {{ ref('int_customers__scores') }}
),

churn_bands as (
    {{ bands_of('churn_risk') | indent(4) }}
),

final as (
    select
        facts.customer_id,
        nullif(
            trim(concat(coalesce(facts.first_name, ''), ' ', coalesce(facts.last_name, ''))), ''
        ) as full_name,
        facts.first_name,
        facts.last_name,
        facts.email,
        to_hex(sha256(facts.email)) as email_hash,
        regexp_extract(facts.email, r'@(.+)$') as email_domain,
        facts.phone,
        to_hex(sha256(facts.phone)) as phone_hash,
        extract(year from facts.birth_date) as birth_year,
        facts.gender,
        facts.preferred_language,
        facts.time_zone,
        facts.street,
        facts.city,
        facts.region,
        facts.postal_code,
        facts.country,
        facts.company,
        facts.job_title,
        facts.industry,
        facts.company_employees,
        facts.company_annual_revenue,
        coalesce(facts.in_salesforce, false) as in_salesforce,
        coalesce(facts.in_shopify, false) as in_shopify,
        coalesce(facts.in_web, false) as in_web,
        coalesce(facts.in_app, false) as in_app,
        coalesce(facts.in_braze, false) as in_braze,
        coalesce(facts.in_zendesk, false) as in_zendesk,
        coalesce(facts.source_count, 0) as source_count,
        coalesce(facts.source_record_count, 0) as source_record_count,
        facts.salesforce_contact_id,
        facts.salesforce_lead_id,
        facts.salesforce_account_id,
        facts.shopify_customer_id,
        facts.braze_user_id,
        facts.zendesk_user_id,
        facts.first_seen_date,
        facts.last_seen_date,
        facts.days_since_last_seen,
        coalesce(facts.first_channel, facts.first_lead_channel, facts.first_order_channel)
            as acquisition_channel,
        facts.first_source as acquisition_source,
        facts.first_campaign as acquisition_campaign,
        scores.lifecycle_stage,
        facts.is_identified,
        coalesce(facts.order_count, 0) > 0 as is_customer,
        coalesce(facts.total_revenue, 0) as total_revenue,
        coalesce(facts.revenue_30d, 0) as revenue_30d,
        coalesce(facts.revenue_90d, 0) as revenue_90d,
        coalesce(facts.revenue_365d, 0) as revenue_365d,
        coalesce(facts.order_count, 0) as order_count,
        coalesce(facts.orders_90d, 0) as orders_90d,
        round(safe_divide(facts.total_revenue, facts.order_count), 2) as average_order_value,
        coalesce(facts.refund_total, 0) as refund_total,
        facts.refund_rate,
        facts.first_order_date,
        facts.last_order_date,
        facts.days_since_last_order,
        facts.average_days_between_orders,
        coalesce(facts.sessions_7d, 0) as sessions_7d,
        coalesce(facts.sessions_30d, 0) as sessions_30d,
        coalesce(facts.sessions_90d, 0) as sessions_90d,
        coalesce(facts.app_sessions_30d, 0) as app_sessions_30d,
        coalesce(facts.active_days_30d, 0) as active_days_30d,
        coalesce(facts.pageviews_30d, 0) as pageviews_30d,
        coalesce(facts.pageviews_90d, 0) as pageviews_90d,
        coalesce(facts.product_views_30d, 0) as product_views_30d,
        coalesce(facts.add_to_carts_30d, 0) as add_to_carts_30d,
        facts.last_session_date,
        facts.days_since_last_session,
        facts.preferred_device,
        facts.preferred_channel,
        coalesce(facts.messages_delivered_90d, 0) as messages_delivered_90d,
        coalesce(facts.messages_opened_90d, 0) as messages_opened_90d,
        coalesce(facts.messages_clicked_90d, 0) as messages_clicked_90d,
        -- A delivery may be older than 90 days while its open is not.
        least(1.0, {{ rate('facts.messages_opened_90d', 'facts.messages_delivered_90d') }})
            as open_rate_90d,
        least(1.0, {{ rate('facts.messages_clicked_90d', 'facts.messages_delivered_90d') }})
            as click_rate_90d,
        facts.email_subscription,
        facts.push_subscription,
        {% for consent in consent_sources() -%}
        coalesce(facts.{{ consent }}, 'unspecified') as {{ consent }},
        {% endfor -%}
        coalesce(facts.is_unsubscribed, false) as is_unsubscribed,
        coalesce(facts.tickets_total, 0) as tickets_total,
        coalesce(facts.tickets_90d, 0) as tickets_90d,
        coalesce(facts.open_tickets, 0) as open_tickets,
        facts.satisfaction_rate,
        facts.average_resolution_hours,
        facts.last_ticket_date,
        facts.lead_status,
        coalesce(facts.open_opportunity_count, 0) as open_opportunity_count,
        coalesce(facts.pipeline_amount, 0) as pipeline_amount,
        coalesce(facts.won_opportunity_count, 0) as won_opportunity_count,
        coalesce(facts.won_amount, 0) as won_amount,
        if(facts.objects_to_profiling, null, scores.engagement_score) as engagement_score,
        if(facts.objects_to_profiling, null, scores.churn_risk_score) as churn_risk_score,
        if(
            facts.objects_to_profiling, null, {{ band_of('churn_bands.bands', 'scores.churn_risk_score') }}
        ) as churn_risk_category,
        scores.profile_completeness_score,
        facts.email is not null as has_valid_email,
        facts.phone is not null as has_valid_phone,
        coalesce(facts.distinct_email_count, 0) as distinct_email_count,
        coalesce(facts.has_conflicting_names, false) as has_conflicting_names,
        array(
            select flag
            from
                unnest([
                    if(facts.last_name is null, 'missing_name', null),
                    if(facts.email is null, 'missing_email', null),
                    if(facts.phone is null, 'missing_phone', null),
                    if(facts.country is null, 'missing_country', null),
                    if(facts.has_invalid_email, 'invalid_email', null),
                    if(facts.has_invalid_phone, 'invalid_phone', null),
                    if(facts.has_conflicting_names, 'conflicting_names', null),
                    if(facts.distinct_email_count > 2, 'many_emails', null)
                ]) as flag
            where flag is not null
            order by flag
        ) as data_quality_flags,
        facts.as_of_date
    from facts
    inner join scores on facts.customer_id = scores.customer_id
    cross join churn_bands
)

select * from final
