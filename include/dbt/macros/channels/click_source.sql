{% macro click_source(url) -%}
    case regexp_extract({{ url }}, r'[?&](gclid|gbraid|wbraid|dclid|msclkid|ttclid|fbclid)=[^&#]')
        when 'msclkid' then 'bing'
        when 'ttclid' then 'tiktok'
        when 'fbclid' then 'facebook'
        when 'gclid' then 'google'
        when 'gbraid' then 'google'
        when 'wbraid' then 'google'
        when 'dclid' then 'google'
    end
{%- endmacro %}
