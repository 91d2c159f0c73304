{% macro survivorship_rules() -%}
    {{ return({
        'name': {
            'columns': ['first_name', 'last_name'],
            'required': 'last_name',
            'records': ['salesforce:contact', 'shopify:customer', 'salesforce:lead', 'braze:user', 'zendesk:user'],
        },
        'email_address': {
            'columns': ['email'],
            'required': 'email',
            'records': ['shopify:customer', 'salesforce:contact', 'braze:user', 'zendesk:user', 'salesforce:lead'],
        },
        'phone_number': {
            'columns': ['phone'],
            'required': 'phone',
            'records': ['salesforce:contact', 'shopify:customer', 'zendesk:user', 'braze:user', 'salesforce:lead'],
        },
        'address': {
            'columns': ['street', 'city', 'region', 'postal_code', 'country'],
            'required': 'street',
            'records': ['shopify:customer', 'shopify:order', 'salesforce:contact', 'salesforce:lead', 'braze:user'],
        },
        'employer': {
            'columns': ['company', 'industry', 'company_employees', 'company_annual_revenue'],
            'required': 'company',
            'records': ['salesforce:contact', 'salesforce:lead', 'shopify:customer'],
        },
        'job': {
            'columns': ['job_title'],
            'required': 'job_title',
            'records': ['salesforce:contact', 'salesforce:lead'],
        },
        'birth': {
            'columns': ['birth_date'],
            'required': 'birth_date',
            'records': ['braze:user', 'salesforce:contact'],
        },
        'preferences': {
            'columns': ['gender', 'preferred_language', 'time_zone'],
            'required': 'preferred_language',
            'records': ['braze:user', 'zendesk:user'],
        },
    }) }}
{%- endmacro %}
