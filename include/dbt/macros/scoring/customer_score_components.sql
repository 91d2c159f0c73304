{% macro customer_score_components() -%}
    {{ return({
        'engagement': ['recency', 'frequency', 'depth', 'messages', 'purchases'],
        'churn_risk': ['visits', 'overdue', 'rarity', 'absence', 'complaints', 'opt_out'],
        'profile_completeness': [
            'has_name', 'has_email', 'has_phone', 'has_address', 'has_country', 'has_company', 'has_job_title',
            'has_birth_date', 'has_preferences',
        ],
    }) }}
{%- endmacro %}
