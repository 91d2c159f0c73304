{% macro normalize_phone(column) -%}
    {%- set phone -%}
        regexp_replace(
            regexp_replace(
                regexp_replace(lower({{ column }}), r'(ext|x|#|;|,).*$|\(0\)', ''), r'[^0-9+]', ''
            ),
            r'^(00|011)', '+'
        )
    {%- endset -%}
    case
        when length(replace(right({{ phone }}, 10), right({{ phone }}, 1), '')) = 0 then null
        when right({{ phone }}, 10) in ('9876543210', '2345678901') then null
        when regexp_contains({{ phone }}, r'^(\+?1)?[2-9][0-9]{2}[2-9][0-9]{6}$')
            then concat('+1', right({{ phone }}, 10))
        when regexp_contains({{ phone }}, r'^\+[2-9][0-9]{7,14}$') then {{ phone }}
    end
{%- endmacro %}
