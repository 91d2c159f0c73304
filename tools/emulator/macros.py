"""Macros of DuckDB that ``functions`` calls: what depends on the type of a value has one body per type."""

from __future__ import annotations

MACROS = (
    """bq_date_trunc(part, d DATE) AS CAST(date_trunc(part, d) AS DATE),
        (part, d TIMESTAMP) AS date_trunc(part, d),
        (part, d TIMESTAMPTZ) AS date_trunc(part, d)""",
    """bq_days_into_week(first_day, d) AS CAST((dayofweek(d) - first_day + 7) % 7 AS INTEGER)""",
    """bq_week_trunc(first_day, d DATE) AS d - bq_days_into_week(first_day, d),
        (first_day, d TIMESTAMP) AS date_trunc('day', d) - to_days(bq_days_into_week(first_day, d)),
        (first_day, d TIMESTAMPTZ) AS date_trunc('day', d) - to_days(bq_days_into_week(first_day, d))""",
    """bq_week_diff(first_day, later, earlier) AS date_diff('day',
        bq_week_trunc(first_day, CAST(earlier AS DATE)), bq_week_trunc(first_day, CAST(later AS DATE))) // 7""",
    # What is no whole number becomes text that no cast reads: an error in CAST, NULL in SAFE_CAST.
    r"""bq_half_away(x DOUBLE) AS round(x), (x FLOAT) AS round(x), (x BIGINT) AS x, (x HUGEINT) AS x,
        (x DECIMAL(38, 9)) AS x, (x BOOLEAN) AS x, (x VARCHAR) AS CASE
            WHEN regexp_full_match(x, '\s*[+-]?(?:\d+|0[xX][0-9a-fA-F]+)\s*') THEN x
            ELSE 'Bad int64 value: ' || x END""",
    # Of an aggregate, whose type decides about no body: by text, which keeps all digits of an integer.
    r"""bq_half_away_aggregate(x) AS CASE
        WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN CAST(CAST(round(CAST(x AS DOUBLE)) AS DECIMAL(38, 0)) AS VARCHAR)
        WHEN typeof(x) LIKE 'DECIMAL%' THEN CAST(round(CAST(x AS DECIMAL(38, 9))) AS VARCHAR)
        WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(CAST(x AS VARCHAR), '\s*[+-]?(?:\d+|0[xX][0-9a-fA-F]+)\s*')
        THEN 'Bad int64 value: ' || CAST(x AS VARCHAR) ELSE CAST(x AS VARCHAR) END""",
    """bq_truth(x VARCHAR) AS CASE WHEN lower(x) IN ('true', 'false') THEN x ELSE 'Bad bool value: ' || x END,
        (x BIGINT) AS x, (x BOOLEAN) AS x""",
    """bq_is_instant(later, earlier) AS
        'TIMESTAMP WITH TIME ZONE' IN (typeof(later), typeof(earlier))""",
    """bq_whole_units(later, earlier, unit) AS
        (epoch_us(CAST(later AS TIMESTAMPTZ)) - epoch_us(CAST(earlier AS TIMESTAMPTZ))) // unit""",
    """bq_unix_seconds(x) AS CAST(floor(epoch_us(CAST(x AS TIMESTAMPTZ)) / 1000000) AS BIGINT)""",
    """bq_date_diff(part, later, earlier, unit) AS CASE
        WHEN bq_is_instant(later, earlier) THEN bq_whole_units(later, earlier, unit)
        ELSE date_diff(part, CAST(earlier AS DATE), CAST(later AS DATE)) END""",
    """bq_timestamp_diff(part, later, earlier, unit) AS CASE
        WHEN bq_is_instant(later, earlier) THEN bq_whole_units(later, earlier, unit)
        ELSE date_diff(part, CAST(earlier AS TIMESTAMP), CAST(later AS TIMESTAMP)) END""",
    """bq_float_text(x) AS CASE
        WHEN CAST(printf('%.15g', CAST(x AS DOUBLE)) AS DOUBLE) = CAST(x AS DOUBLE)
        THEN printf('%.15g', CAST(x AS DOUBLE)) ELSE printf('%.17g', CAST(x AS DOUBLE)) END""",
    # The type is known before the query runs, so DuckDB keeps one branch.
    r"""bq_string(x) AS CASE
        WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN bq_float_text(CAST(x AS VARCHAR))
        WHEN typeof(x) LIKE 'DECIMAL%' THEN
            regexp_replace(CAST(x AS VARCHAR), '(?:\.0*|(\.\d*?[1-9])0*)$', '\1')
        WHEN typeof(x) LIKE 'TIME%' THEN regexp_replace(regexp_replace(CAST(x AS VARCHAR),
            '(\.(?:\d|\d{4}))(\+|$)', '\1' || '00' || '\2'), '(\.(?:\d\d|\d{5}))(\+|$)', '\1' || '0' || '\2')
        ELSE CAST(x AS VARCHAR) END""",
    r"""bq_any_text(x) AS CASE
        WHEN typeof(x) IN ('DOUBLE', 'FLOAT') AND regexp_full_match(bq_string(x), '-?\d+') THEN bq_string(x) || '.0'
        ELSE bq_string(x) END""",
    r"""bq_literal(x) AS CASE
        WHEN typeof(x) = 'VARCHAR' THEN
            '"' || replace(replace(CAST(x AS VARCHAR), '\', '\\'), '"', '\"') || '"'
        WHEN typeof(x) = 'DATE' THEN 'DATE "' || bq_string(x) || '"'
        WHEN typeof(x) = 'TIME' THEN 'TIME "' || bq_string(x) || '"'
        WHEN typeof(x) = 'TIMESTAMP' THEN 'DATETIME "' || bq_string(x) || '"'
        WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN 'TIMESTAMP "' || bq_string(x) || '"'
        WHEN typeof(x) LIKE 'DECIMAL%' THEN 'NUMERIC "' || bq_string(x) || '"'
        ELSE bq_any_text(x) END""",
    # Plain text is as JSON what DuckDB says, without a call of Python for each value.
    r"""bq_to_json_string(x) AS CASE
        WHEN typeof(x) = 'VARCHAR' AND NOT regexp_matches(CAST(x AS VARCHAR), '[\x00-\x1f\x7f\x{2028}\x{2029}]')
        THEN CAST(to_json(CAST(x AS VARCHAR)) AS VARCHAR)
        WHEN typeof(x) = 'BIGINT' AND regexp_full_match(CAST(x AS VARCHAR), '-?\d{1,15}') THEN CAST(x AS VARCHAR)
        ELSE coalesce(bq_json_string(CAST(to_json(x) AS VARCHAR), typeof(x)), 'null') END""",
    """bq_safe_offset(list, n) AS CASE WHEN n >= 0 THEN list_extract(list, n + 1) END""",
    """bq_offset(list, n) AS CASE
        WHEN n < 0 THEN error('Array index ' || n || ' is out of bounds')
        WHEN n >= len(list) THEN error('Array index ' || n || ' is out of bounds (overflow)')
        ELSE list_extract(list, n + 1) END""",
    r"""bq_regexp_extract(text, pattern) AS CASE WHEN regexp_matches(text, pattern) THEN CASE
        WHEN regexp_matches(regexp_replace(pattern, '\\.|\[\^?\]?[^\]]*\]', '', 'g'), '\((?:[^?]|\?P?<)')
        THEN regexp_extract(text, pattern, 1) ELSE regexp_extract(text, pattern, 0) END END""",
    # Codes of letters; A, E, I, O, U, Y, H and W have none, and part no two letters of one code.
    """bq_sounds(letters) AS list_reduce(list_value(
        translate(upper(letters), 'BFPVCGJKQSXZDTLMNRAEIOUYHW', '111122222222334556'), '1', '2', '3', '4', '5', '6'),
        lambda sounds, code: regexp_replace(sounds, code || '+', code, 'g'))""",
    """bq_soundex_of(letters) AS CASE WHEN letters = '' THEN '' ELSE left(letters, 1) || rpad(left(
        bq_sounds(letters)[CASE WHEN bq_sounds(left(letters, 1)) = '' THEN 1 ELSE 2 END:], 3), 3, '0') END""",
    """bq_soundex(text) AS bq_soundex_of(regexp_replace(text, '[^A-Za-z]', '', 'g'))""",
    # NULL is a value of its own.
    """bq_top_count(x, n) AS list_transform(list_slice(list_reverse_sort(list_transform(list_concat(
        map_entries(histogram(x)),
        CASE WHEN count(*) > count(x) THEN [{'key': NULL, 'value': count(*) - count(x)}] ELSE [] END),
        lambda entry: {'count': entry.value, 'value': entry.key})), 1, n),
        lambda entry: {'value': entry.value, 'count': entry.count})""",
)
