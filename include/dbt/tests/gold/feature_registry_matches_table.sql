-- Every feature column of ml_features is registered with its type, and the other way round.
-- depends_on: {{ ref('ml_features') }}
{%- set columns = adapter.get_columns_in_relation(ref('ml_features')) if execute else [] %}
with table_columns as (
    select
        column_name,
        lower(column_type) as column_type
    from
        unnest([
            {%- for column in columns %}
            struct('{{ column.name }}' as column_name, '{{ column.dtype }}' as column_type),
            {%- endfor %}
            struct('' as column_name, '' as column_type)
        ])
    where column_name not in ('', 'entity_type', 'entity_id', 'snapshot_date')
),

registry as (
    select
        feature,
        lower(data_type) as data_type
    from {{ ref('feature_registry') }}
)

select
    registry.feature,
    table_columns.column_name
from registry
full outer join table_columns on registry.feature = table_columns.column_name
where
    registry.feature is null
    or table_columns.column_name is null
    or registry.data_type != case table_columns.column_type
        when 'integer' then 'int64'
        when 'float' then 'float64'
        else table_columns.column_type
    end
