with levels as (
    select
        identity_key_a,
        identity_key_b,
        record_count,
        comparison_name,
        agreement,
        -- Powers of two: pairs that agree alike on values about as common are one pattern.
        pow(2, round(log(frequency, 2))) as frequency
    from `{{ levels }}`
),

pairs as (
    select
        any_value(record_count) as record_count,
        to_json_string(array_agg(
            struct(comparison_name as comparison, agreement as level, frequency as frequency)
            order by comparison_name
        )) as pattern
    from levels
    group by identity_key_a, identity_key_b
)

select
    pattern,
    max(record_count) as record_count,
    count(*) as pairs
from pairs
group by pattern
order by pairs desc, pattern asc
limit {{ most }}
