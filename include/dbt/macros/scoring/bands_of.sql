{% macro bands_of(score) -%}
    select array_agg(struct(band as band, minimum as minimum)) as bands
    from {{ ref('scoring_bands') }}
    where score = '{{ score }}'
{%- endmacro %}
