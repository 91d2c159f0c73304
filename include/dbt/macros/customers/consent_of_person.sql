{% macro consent_of_person(column) -%}
    case
        when logical_or({{ column }} = 'denied') then 'denied'
        when logical_or({{ column }} = 'granted') then 'granted'
        else 'unspecified'
    end
{%- endmacro %}
