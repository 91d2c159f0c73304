{% macro consent_of_record(sources) -%}
    case
        {% for consent in ('denied', 'granted') -%}
        {% for source in sources if source[consent] -%}
        when lower(trim({{ source.state }})) in ('{{ source[consent] | join("', '") }}') then '{{ consent }}'
        {% endfor -%}
        {% endfor -%}
        else 'unspecified'
    end
{%- endmacro %}
