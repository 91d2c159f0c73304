{% macro campaign_measures(counted={}) -%}
    {%- set measures = {
        'sessions': '0', 'engaged_sessions': '0', 'leads_generated': '0', 'opportunities': '0', 'opportunities_won': '0',
    } -%}
    {%- for model in attribution_models() -%}
        {%- do measures.update({model ~ '_conversions': '0.0', model ~ '_revenue': 'cast(0 as numeric)'}) -%}
    {%- endfor -%}
    {%- do measures.update({'new_customers': '0.0'}) -%}
    {%- do measures.update(counted) -%}
    {%- for name, amount in measures.items() %}
    {{ amount }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
