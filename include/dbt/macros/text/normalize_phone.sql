{% macro normalize_phone(digits, region=none) -%}
    case
        when length(replace(right({{ digits }}, 10), right({{ digits }}, 1), '')) = 0 then null
        when right({{ digits }}, 10) in ('9876543210', '2345678901') then null
        {%- if region %}
        {%- set code = "cast(" ~ region ~ ".calling_code as string)" %}
        {%- set number = "concat('^(?:', " ~ region ~ ".national_number, ')$')" %}
        {#- What the rule keeps of the prefix; the group at the end is for prefixes without a group. #}
        {%- set kept = "regexp_replace(" ~ digits ~ ", concat('^(?:', " ~ region ~ ".national_prefix, ')().*$'), r'\\1')" %}
        {%- set bare -%}
            regexp_replace(
                {{ digits }},
                concat('^(?:', {{ region }}.national_prefix, ')'),
                if({{ kept }} = '', '', coalesce(replace(replace({{ region }}.prefix_rule, '$1', r'\1'), '$2', r'\2'), ''))
            )
        {%- endset %}
        when {{ region }}.calling_code is not null and not starts_with({{ digits }}, '+')
            then concat('+', {{ code }}, case
                when
                    regexp_contains({{ digits }}, {{ number }})
                    and not coalesce(regexp_contains({{ bare }}, {{ number }}), false)
                    then {{ digits }}
                when regexp_contains({{ bare }}, {{ number }}) then {{ bare }}
                -- The calling code without its plus.
                when
                    starts_with({{ digits }}, {{ code }})
                    and regexp_contains(substr({{ digits }}, length({{ code }}) + 1), {{ number }})
                    then substr({{ digits }}, length({{ code }}) + 1)
            end)
        {%- endif %}
        when regexp_contains({{ digits }}, r'^(\+?1)?[2-9][0-9]{2}[2-9][0-9]{6}$')
            then concat('+1', right({{ digits }}, 10))
        when regexp_contains({{ digits }}, r'^\+[2-9][0-9]{7,14}$') then {{ digits }}
    end
{%- endmacro %}
