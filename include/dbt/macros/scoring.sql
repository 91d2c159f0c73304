{#- Every knob of scoring that is not a weight, band or action (those are in the seeds scoring_*), with its unit.
    A dbt var `scoring_<name>` overrides one. -#}
{% macro scoring_setting(name) -%}
    {%- set defaults = {
        'conversion_horizon_days': 30,
        'conversion_curve_days': 365,
        'churn_days': 90,
        'prior_weight': 10,
        'calibration_prior_weight': 20,
        'chance_after_giving_up': 0.05,
    } -%}
    {{ return(var('scoring_' ~ name, defaults[name])) }}
{%- endmacro %}

{#- What sales has decided about a lead: that it is no customer, or that it is not one yet. -#}
{% macro is_disqualified(status) -%}
    regexp_contains(lower(coalesce({{ status }}, '')), r'unqualified|not converted|disqualified')
{%- endmacro %}

{% macro is_nurtured(status) -%}
    regexp_contains(lower(coalesce({{ status }}, '')), r'nurtur')
{%- endmacro %}

{#- The components of a lead score, as columns `<component>_score` of int_leads__observed. -#}
{% macro lead_components() -%}
    {{ return(['budget', 'authority', 'need', 'timeline', 'source', 'company', 'intent']) }}
{%- endmacro %}

{#- The components of the health score. -#}
{% macro health_components() -%}
    {{ return(['recency', 'frequency', 'engagement', 'activity', 'messaging', 'support']) }}
{%- endmacro %}

{#- Turns the columns `<component>_score` of a CTE into rows: one per key and component, with its weight in seed
    scoring_weights and its points. -#}
{% macro weighted_components(relation, keys, score, components) -%}
    select
        {% for key in keys %}{{ relation }}.{{ key }},
        {% endfor -%}
        scored.component,
        weights.weight,
        scored.value,
        weights.weight * scored.value as contribution,
        weights.weight * (100 - scored.value) as missing,
    from {{ relation }}
    cross join unnest([
        {%- for component in components %}
        struct('{{ component }}' as component, cast({{ relation }}.{{ component }}_score as float64) as value)
        {{- ',' if not loop.last }}
        {%- endfor %}
    ]) as scored
    inner join {{ ref('scoring_weights') }} as weights
        on scored.component = weights.component and weights.score = '{{ score }}'
{%- endmacro %}

{#- The bands of a score in seed scoring_bands as one row with one ARRAY, for band_of(): BigQuery takes a subquery
    per row over an array, not over a table. -#}
{% macro bands_of(score) -%}
    select array_agg(struct(band as band, minimum as minimum)) as bands
    from {{ ref('scoring_bands') }}
    where score = '{{ score }}'
{%- endmacro %}

{#- Name of the band into which a value falls; `bands` is the column of bands_of(). -#}
{% macro band_of(bands, value) -%}
    (
        select array_agg(band.band order by band.minimum desc limit 1)[safe_offset(0)]
        from unnest({{ bands }}) as band
        where band.minimum <= {{ value }}
    )
{%- endmacro %}
