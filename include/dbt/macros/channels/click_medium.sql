{% macro click_medium(url) -%}
    case regexp_extract({{ url }}, r'[?&](gclid|gbraid|wbraid|dclid|msclkid|ttclid)=[^&#]')
        when 'dclid' then 'display'
        when 'ttclid' then 'paid_social'
        when 'gclid' then 'cpc'
        when 'gbraid' then 'cpc'
        when 'wbraid' then 'cpc'
        when 'msclkid' then 'cpc'
    end
{%- endmacro %}
