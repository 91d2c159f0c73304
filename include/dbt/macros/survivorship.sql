{#- Survivorship: which source record an attribute of a customer is taken from. The one place of these rules.

    Attributes that belong together (an address, a name) survive together, from one record. A group says
      columns   attributes it consists of
      required  attribute without which a record cannot win, unless no record has it
      records   kinds of source records (<source>:<entity>), most trusted first; any other kind comes last
    Among records of the same kind the one changed last wins. -#}
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

{#- The surviving record of a group, as a STRUCT of its columns: an aggregate over the source records of a
    customer, which carry `record_kind`, `updated_at` and `identity_key` beside the attributes. -#}
{% macro survivor(group) -%}
    {%- set rule = survivorship_rules()[group] -%}
    array_agg(
        struct({% for column in rule.columns %}{{ column }} as {{ column }}{{ ', ' if not loop.last }}{% endfor %})
        order by
            {{ rule.required }} is null asc,
            case record_kind
                {%- for kind in rule.records %}
                when '{{ kind }}' then {{ loop.index }}
                {%- endfor %}
                else {{ rule.records | length + 1 }}
            end asc,
            updated_at desc,
            identity_key asc
        limit 1
    )[safe_offset(0)]
{%- endmacro %}
