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
                {{ column.nulls }} as null_count,
                {{ column.zeros }} as zero_count,
                {{ column.distinct }} as distinct_values,
                {{ column.mean }} as mean_size,
                {{ column.deviation }} as size_deviation,
                {{ column.recent }} as recent_count,
                {{ column.frequent }} as top_values
            ){% if not loop.last %},{% endif %}
            {% endfor -%}
        ] as measures
    from (
        {% include "quality/sql/rows_of_days.sql" %}
    ) as rows_read
    group by rows_read.checked_day
) as facts
-- One scan however many columns: each day's measures are laid out as rows afterwards.
cross join unnest(facts.measures) as measure
