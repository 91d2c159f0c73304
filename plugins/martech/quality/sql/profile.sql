select
    'count' as fact,
    facts.day,
    measure.name,
    cast(null as string) as value,
    cast(null as float64) as point,
    measure.matches,
    facts.total,
    facts.newest
from (
    select
        rows_read.checked_day as day,
        count(*) as total,
        {% for column in critical -%}
        countif(rows_read.{{ column }} is null) as nulls_{{ loop.index0 }},
        {% endfor -%}
        {{ newest }} as newest
    from (
        {% include "quality/sql/rows_of_days.sql" %}
    ) as rows_read
    group by rows_read.checked_day
) as facts
-- One scan however many columns: each day's counts are laid out as rows afterwards.
cross join
    unnest([
        struct('' as name, facts.total as matches)
        {%- for column in critical -%}
        , struct('{{ column }}' as name, facts.nulls_{{ loop.index0 }} as matches)
        {%- endfor %}
    ]) as measure
{% for reference in references %}
union all
select
    'orphans' as fact,
    child.day,
    '{{ reference.column }}' as name,
    cast(null as string) as value,
    cast(null as float64) as point,
    countif(target.key is null) as matches,
    count(*) as total,
    cast(null as timestamp) as newest
from (
    select
        {{ day }} as day,
        cast(rows_read.{{ reference.column }} as string) as key
    from `{{ table }}` as rows_read
    where {{ checked }} and rows_read.{{ reference.column }} is not null
) as child
left join ( -- noqa: ST05
    select distinct cast({{ reference.key }} as string) as key from `{{ reference.to }}`
) as target on child.key = target.key
group by child.day
{% endfor %}
{% for column in numbers %}
union all
select
    'quantile' as fact,
    cast(null as date) as day,
    '{{ column }}' as name,
    sampled.period as value,
    point,
    cast(null as int64) as matches,
    sampled.total,
    cast(null as timestamp) as newest
from (
    select
        compared.period,
        count(compared.value) as total,
        approx_quantiles(compared.value, {{ quantiles }}) as points
    from (
        select
            if({{ day }} = @last, '{{ now }}', '{{ baseline }}') as period,
            cast(rows_read.{{ column }} as float64) as value
        from `{{ table }}` as rows_read
        where {{ compared }}
    ) as compared
    group by compared.period
) as sampled
cross join unnest(sampled.points) as point
{% endfor %}
{% for column in classes %}
union all
select
    'class' as fact,
    cast(null as date) as day,
    '{{ column }}' as name,
    concat(counted.period, ':', counted.value) as value,
    cast(null as float64) as point,
    counted.matches,
    cast(null as int64) as total,
    cast(null as timestamp) as newest
from (
    select
        compared.period,
        compared.value,
        count(*) as matches
    from (
        select
            if({{ day }} = @last, '{{ now }}', '{{ baseline }}') as period,
            coalesce(cast(rows_read.{{ column }} as string), 'null') as value
        from `{{ table }}` as rows_read
        where {{ compared }}
    ) as compared
    group by compared.period, compared.value
) as counted
{% endfor %}
