select
    facts.day,
    facts.row_count,
    measure.column_name,
    measure.null_count,
    measure.zero_count,
    measure.distinct_values,
    measure.mean_size,
    measure.size_deviation,
    measure.recent_count,
    measure.top_values
from (
    select
        rows_read.checked_day as day,
        count(*) as row_count,
        [
            {% for column in measured_columns -%}
            struct(
                '{{ column.name }}' as column_name,
                countif(rows_read.{{ column.name }} is null) as null_count,
                {% if column.zero -%}
                countif({{ column.zero }}) as zero_count,
                {%- else -%}
                cast(null as int64) as zero_count,
                {%- endif %}
                {% if column.is_counted -%}
                approx_count_distinct(rows_read.{{ column.name }}) as distinct_values,
                {%- else -%}
                cast(null as int64) as distinct_values,
                {%- endif %}
                {% if column.size -%}
                avg({{ column.size }}) as mean_size,
                stddev_pop({{ column.size }}) as size_deviation,
                {%- else -%}
                cast(null as float64) as mean_size,
                cast(null as float64) as size_deviation,
                {%- endif %}
                {% if column.is_time -%}
                countif(
                    cast(rows_read.{{ column.name }} as timestamp)
                    >= timestamp_sub(cast(rows_read.checked_day as timestamp), interval 1 day)
                    and cast(rows_read.{{ column.name }} as timestamp)
                    < timestamp_add(cast(rows_read.checked_day as timestamp), interval 1 day)
                ) as recent_count,
                {%- else -%}
                cast(null as int64) as recent_count,
                {%- endif %}
                {% if column.has_values -%}
                approx_top_count(cast(rows_read.{{ column.name }} as string), {{ values }}) as top_values
                {%- else -%}
                cast(null as array<struct<value string, count int64>>) as top_values
                {%- endif %}
            ){% if not loop.last %},{% endif %}
            {% endfor -%}
        ] as measures
    from (
        -- A step of its own: a parameter in a grouped expression is not seen as the same one twice.
        select
            rows_read.*,
            {{ day }} as checked_day
        from `{{ table }}` as rows_read
        where {{ checked }}
    ) as rows_read
    group by rows_read.checked_day
) as facts
-- One scan however many columns: each day's measures are laid out as rows afterwards.
cross join unnest(facts.measures) as measure
