{% macro normalize_postcode(column, country=none) -%}
    {%- set code = "regexp_replace(upper(" ~ column ~ "), r'[^A-Z0-9]', '')" -%}
    case
        when regexp_contains({{ code }}, r'^[0-9]{9}$') then left({{ code }}, 5)
        {% if country -%}
        when
            regexp_contains({{ code }}, r'^[0-9]{3,4}$')
            and regexp_contains(upper({{ country }}), r'^(US|USA|UNITED STATES.*)$')
            then lpad({{ code }}, 5, '0')
        {% endif -%}
        else nullif({{ code }}, '')
    end
{%- endmacro %}
