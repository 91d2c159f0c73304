{% macro apply_objections() -%}
    {%- set objections = objections() -%}
    {%- if objections and run_query('select 1 as found from ' ~ objections ~ ' limit 1') -%}
    update {{ this }} as stamped
    set is_unsubscribed = wanted.is_unsubscribed
    from (
        select
            leads.lead_id,
            leads.is_email_opted_out or {{ objects_to('marketing', 'keys.customer_id') }} as is_unsubscribed
        from {{ ref('stg_salesforce__leads') }} as leads
        left join {{ ref('int_customers__keys') }} as keys
            on {{ identity_key('salesforce', 'lead', 'leads.lead_id') }} = keys.identity_key
    ) as wanted
    where stamped.lead_id = wanted.lead_id and stamped.is_unsubscribed != wanted.is_unsubscribed
    {%- endif -%}
{%- endmacro %}
