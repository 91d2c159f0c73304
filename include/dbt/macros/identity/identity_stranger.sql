{% macro identity_stranger() -%}
    case weights.stranger_basis
        when 'term_frequency' then weights.stranger * levels.frequency
        when 'per_record' then least(1, weights.stranger / levels.record_count)
        else weights.stranger
    end
{%- endmacro %}
