{% macro lead_stage(status) -%}
    {#- Salesforce ships 'Open - Not Contacted', 'Working - Contacted', 'Closed - Converted' and 'Closed - Not Converted';
        newer orgs 'New', 'Contacted', 'Nurturing', 'Qualified' and 'Unqualified'. -#}
    case
        when regexp_contains(lower({{ status }}), r'unqualified|not converted|disqualified') then 'disqualified'
        when regexp_contains(lower({{ status }}), r'nurtur') then 'nurtured'
        when regexp_contains(lower({{ status }}), r'converted') then 'converted'
        when regexp_contains(lower({{ status }}), r'qualified') then 'qualified'
        when regexp_contains(lower({{ status }}), r'not contacted') then 'new'
        when regexp_contains(lower({{ status }}), r'working|contacted') then 'working'
        else 'new'
    end
{%- endmacro %}
