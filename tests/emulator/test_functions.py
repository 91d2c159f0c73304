"""Functions of the embedded warehouse against the values that BigQuery documents, one group per closed gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

FRIDAY = "date '2026-11-20'"
NOON, EVENING_BEFORE = "timestamp '2026-11-26 12:00:00+00'", "timestamp '2026-11-25 20:30:00.5+00'"
FLOATS = ["1", "0.79999999999999993", "1e+15", "1e-07", "123456.25"]
NUMERICS = '{"a":"2.5","b":3,"c":"1.5"}'
INSTANTS = '{"a":"2026-01-01T00:00:00.500Z","b":"2026-01-01"}'
NUMBERS = "(select 'a' as k, 1 as n union all select 'a', 2 union all select 'b', 3)"


@pytest.fixture(scope="module")
def client(warehouse_url: str) -> bigquery.Client:
    options = {"api_endpoint": warehouse_url}
    return bigquery.Client("functions", credentials=AnonymousCredentials(), client_options=options)


@pytest.fixture(scope="module")
def reference(serve_warehouse: Callable[..., AbstractContextManager[str]]) -> Iterator[bigquery.Client]:
    """A client of GoogleSQL's reference engine, which says whether our expectations are BigQuery's."""
    with serve_warehouse(googlesql="compile") as url:
        options = {"api_endpoint": url}
        yield bigquery.Client("functions", credentials=AnonymousCredentials(), client_options=options)


def value_of(client: bigquery.Client, sql: str) -> Any:
    """Return what a query selects: the value of one row and column, the values of one column, or whole rows."""
    rows = [tuple(row.values()) for row in client.query(sql).result()]
    if all(len(row) == 1 for row in rows):
        rows = [row[0] for row in rows]
    return rows[0] if len(rows) == 1 else rows


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # TRIM and its siblings remove all white space of Unicode where no characters are given.
        (r"trim(' \t\n\u00a0\u2003a b\u3000\r ')", "a b"),
        (r"ltrim('\ta ')", "a "),
        (r"rtrim(' a\n')", " a"),
        ("trim('xax', 'x')", "a"),
        # DATE_TRUNC of a DATE is a DATE.
        (f"date_trunc({FRIDAY}, month)", date(2026, 11, 1)),
        (f"date_trunc(day, month) from (select {FRIDAY} as day)", date(2026, 11, 1)),
        (f"date_trunc(day, week) from (select {FRIDAY} as day)", date(2026, 11, 15)),
        (f"date_trunc(day, week(monday)) from (select {FRIDAY} as day)", date(2026, 11, 16)),
        (f"date_trunc(day, isoweek) from (select {FRIDAY} as day)", date(2026, 11, 16)),
        (f"date_trunc(day, week(friday)) from (select {FRIDAY} as day)", date(2026, 11, 20)),
        (f"date_trunc(day, week(saturday)) from (select {FRIDAY} as day)", date(2026, 11, 14)),
        ("date_trunc(date '2026-11-15', week(monday))", date(2026, 11, 9)),
        ("date_trunc(timestamp '2026-11-20 10:30:00+00', month)", datetime(2026, 11, 1, tzinfo=UTC)),
        ("datetime_trunc(datetime '2026-11-20 10:30:00', week(monday))", datetime(2026, 11, 16)),
        ("timestamp_trunc(timestamp '2026-11-20 10:30:00+00', isoweek)", datetime(2026, 11, 16, tzinfo=UTC)),
        # Halves are rounded away from zero.
        ("cast(2.5 as int64)", 3),
        ("cast(-2.5 as int64)", -3),
        ("cast(x as int64) from (select 0.5 as x)", 1),
        ("cast(x as int64) from (select numeric '2.5' as x)", 3),
        ("cast(x as int64) from (select '12' as x)", 12),
        ("cast(sum(x / 2) as int64) from unnest([2, 3]) as x", 3),
        ("cast(sum(x) as int64) from unnest([9007199254740993]) as x", 9007199254740993),
        ("cast(max(x) as int64) from (select '12' as x)", 12),
        ("cast(sum(x) as int64) from (select numeric '2.5' as x)", 3),
        ("cast(sum(x) over () as int64) from (select 2.5 as x)", 3),
        ("cast(x as int64) from (select true as x)", 1),
        ("cast(x as int64) from (select 9007199254740993 as x)", 9007199254740993),
        ("safe_cast(x as int64) from (select 'a' as x)", None),
        # NUMERIC has nine decimals.
        ("cast(x as numeric) from (select 1.2345678915 as x)", Decimal("1.234567892")),
        ("cast(x as numeric) from (select '2.000000001' as x)", Decimal("2.000000001")),
        ("sum(cast(x as numeric)) from unnest([0.0004, 0.0004]) as x", Decimal("0.0008")),
        # Escapes of string literals.
        (r"'\u00e9\x41\101\t'", "éAA\t"),
        (r"'''D\'Arcy'''", "D'Arcy"),
        (r"'''it's'''", "it's"),
        (r'"say \"no\""', 'say "no"'),
        (r"'a\\u00e9'", r"a\u00e9"),
        (r"r'\u00e9'", r"\u00e9"),
        (r"'-- \u00e9' -- '\u00e9", "-- é"),
        # ARRAY_TO_STRING leaves NULLs out, and is NULL for a NULL array alone.
        ("array_to_string([cast(null as string)], ',')", ""),
        ("array_to_string(cast([] as array<string>), ',')", ""),
        ("array_to_string(['a', null, 'b'], ',')", "a,b"),
        ("array_to_string(['a', null], ',', '?')", "a,?"),
        ("array_to_string(cast(null as array<string>), ',')", None),
        # Elements by a computed position.
        ("x[offset(n)] from (select ['a', 'b'] as x, 1 as n)", "b"),
        ("x[safe_offset(n + 1)] from (select ['a', 'b'] as x, 1 as n)", None),
        ("x[safe_offset(n)] from (select ['a', 'b'] as x, -1 as n)", None),
        ("x[n] from (select ['a', 'b'] as x, 1 as n)", "b"),
        ("x[ordinal(n)] from (select ['a', 'b'] as x, 1 as n)", "a"),
        ("x[safe_ordinal(n)] from (select ['a', 'b'] as x, 0 as n)", None),
        ("x[safe_offset(n)] from (select ['a'] as x, cast(null as int64) as n)", None),
        # A pattern that is no literal: its group, the whole match where it has none, NULL without a match.
        (r"regexp_extract('ann@example.com', p) from (select r'@(.+)\.' as p)", "example"),
        (r"regexp_extract('ann@example.com', p) from (select r'@.+\.' as p)", "@example."),
        (r"regexp_extract('a(b)', p) from (select r'\(.' as p)", "(b"),
        (r"regexp_extract('a(b)', p) from (select r'(?:a)[(]' as p)", "a("),
        ("regexp_extract('ann', p) from (select '(x)' as p)", None),
        # The names of a STRUCT's fields in JSON.
        ("to_json_string(struct(1 as FirstName, 'x' as b))", '{"FirstName":1,"b":"x"}'),
        ("to_json_string(struct(n as FirstName)) from (select 1 as n)", '{"FirstName":1}'),
        ("to_json_string(struct(n, t.n as m)) from (select 1 as n) as t", '{"n":1,"m":1}'),
        # An alias that is a type in DuckDB.
        ("map.n from (select 1 as n) as map", 1),
        # COUNTIF over a window.
        (f"countif(n > 1) over (partition by k) from {NUMBERS} order by 1", [1, 1, 1]),
        (f"countif(n > 5) over () from {NUMBERS}", [0, 0, 0]),
        (f"countif(n > 5) from {NUMBERS}", 0),
        # WITH OFFSET counts from zero and keeps its name.
        ("o from unnest(['a', 'b']) as v with offset o order by o", [0, 1]),
        ("v from unnest(['a', 'b']) as v with offset where offset = 1", "b"),
        ("t.o + 1 from (select o from unnest(['a', 'b']) as v with offset as o where o > 0) as t", 2),
        ("o, (select max(o) from unnest([5]) as o) from unnest(['a']) as v with offset as o", (0, 5)),
        ("array_agg(v order by o desc) from unnest(['a', 'b']) as v with offset as o", ["b", "a"]),
        ("o, count(*) from unnest(['a', 'b']) as v with offset as o group by o order by o", [(0, 1), (1, 1)]),
        ("to_json_string(struct(o)) from unnest(['a']) as v with offset as o", '{"o":0}'),
        # Differences of TIMESTAMPs count whole units, those of DATETIMEs and TIMEs what lies between.
        (f"timestamp_diff({NOON}, {EVENING_BEFORE}, day)", 0),
        (f"timestamp_diff({EVENING_BEFORE}, {NOON}, day)", 0),
        (f"timestamp_diff({EVENING_BEFORE}, {NOON}, hour)", -15),
        (f"timestamp_diff(n, b, minute) from (select {NOON} as n, {EVENING_BEFORE} as b)", 929),
        (f"timestamp_diff({NOON}, {EVENING_BEFORE}, second)", 55_799),
        (f"timestamp_diff({NOON}, {EVENING_BEFORE}, millisecond)", 55_799_500),
        (f"timestamp_diff({NOON}, {EVENING_BEFORE}, microsecond)", 55_799_500_000),
        (f"date_diff({NOON}, {EVENING_BEFORE}, day)", 0),
        (f"datetime_diff({NOON}, {EVENING_BEFORE}, day)", 0),
        (f"timestamp_diff(datetime({NOON}), datetime({EVENING_BEFORE}), day)", 1),
        (f"datetime_diff(datetime({NOON}), datetime({EVENING_BEFORE}), hour)", 16),
        ("time_diff(time '10:00:00', time '09:59:59', hour)", 1),
        ("date_diff(date '2026-11-23', date '2026-11-20', day)", 3),
        ("date_diff(date '2026-11-23', date '2026-11-20', week(monday))", 1),
        ("date_diff(date '2026-11-23', date '2026-11-22', isoweek)", 1),
        ("date_diff(date '2026-11-23', date '2026-11-22', WEEK(MONDAY))", 1),
        ("date_diff(date '2026-11-16', date '2026-11-22', week)", -1),
        ("datetime_diff(datetime '2026-11-23 01:00:00', datetime '2026-11-22 10:00:00', week(monday))", 1),
        ("unix_seconds(timestamp '2026-11-26 00:00:00.9+00')", 1_795_651_200),
        ("unix_seconds(timestamp '1969-12-31 23:59:59.5+00')", -1),
        # Text of a value.
        (
            "cast(x as string) from unnest([1.0, 0.1 + 0.7, 1e15, 1e-7, 123456.25]) as x with offset as o order by o",
            FLOATS,
        ),
        ("cast(numeric '2.50' as string) || cast(numeric '100' as string)", "2.5100"),
        ("cast(timestamp '2026-01-01 00:00:00.5+00' as string)", "2026-01-01 00:00:00.500+00"),
        ("string(timestamp '2026-01-01 00:00:00.1234+00')", "2026-01-01 00:00:00.123400+00"),
        ("string(json '\"x\"')", "x"),
        ("cast(datetime '2026-01-01 10:00:00' as string)", "2026-01-01 10:00:00"),
        ("cast(time '10:00:00.25' as string)", "10:00:00.250"),
        # Text that is no INT64 or BOOL.
        *((f"safe_cast('{text}' as int64)", None) for text in ("1.5", "1e3", "", "x")),
        *((f"safe_cast('{text}' as int64)", number) for text, number in ((" 12 ", 12), ("+5", 5), ("0x1F", 31))),
        *((f"safe_cast('{text}' as bool)", None) for text in ("1", "yes", "t")),
        ("safe_cast('False' as bool)", False),
        # JSON of a value, alone and inside others.
        ("to_json_string(1.0)", "1"),
        ("to_json_string(cast(null as string))", "null"),
        ("to_json_string(9007199254740993)", '"9007199254740993"'),
        ("to_json_string(cast('nan' as float64))", '"NaN"'),
        ("to_json_string([1e20, 0.1, 2.0])", "[1e+20,0.1,2]"),
        ("to_json_string(struct(numeric '2.50' as a, numeric '3' as b, bignumeric '1.5' as c))", NUMERICS),
        ("to_json_string(struct(timestamp '2026-01-01 00:00:00.5+00' as a, date '2026-01-01' as b))", INSTANTS),
        ("to_json_string([datetime '2026-01-01 10:00:00'])", '["2026-01-01T10:00:00"]'),
        ("to_json_string(struct(b'abc' as a, time '10:00:00' as b))", '{"a":"YWJj","b":"10:00:00"}'),
        ("""to_json_string(struct(json '{"b": 1.0, "a": "1.0"}' as j))""", '{"j":{"a":"1.0","b":1.0}}'),
        ("to_json_string([struct('1.0, 2026-01-01 00:00:00+00' as x)])", '[{"x":"1.0, 2026-01-01 00:00:00+00"}]'),
        (
            "to_json_string(t) from (select 1 as `x y`, 2.0 as N, cast(null as timestamp) as z) t",
            '{"x y":1,"N":2,"z":null}',
        ),
        # FORMAT.
        ("format('%05d|%s|%t|%T', 42, 'x', date '2026-01-01', 'q')", '00042|x|2026-01-01|"q"'),
        ("format('%s', 'x')", "x"),
        ("format('%t', cast(null as string))", "NULL"),
        ("format('%T|%T|%T', 1.0, numeric '2', true)", '1.0|NUMERIC "2"|true'),
        ("""format('%%|%T', 'say "it\\'s"')""", """%|"say \\"it's\\"\""""),
        ("""format("%'d", 1234567)""", "1,234,567"),
        # An apostrophe in a comment begins no string, and a number in a string is text.
        ("-- it's\narray_to_string(['1.2', 'v'], ' ')", "1.2 v"),
        ("/* it's */ concat('1.2', cast(1.5 as string))", "1.21.5"),
        # An element's field.
        ("[struct(1 as a)][offset(0)].a", 1),
    ],
)
def test_value_is_bigquerys(
    client: bigquery.Client, reference: bigquery.Client, expression: str, expected: Any
) -> None:
    assert value_of(reference, f"select {expression}") == expected, "the expectation is not GoogleSQL's value"
    assert value_of(client, f"select {expression}") == expected


def test_fields_keep_their_case_where_types_of_columns_matter(client: bigquery.Client) -> None:
    client.query("create schema if not exists fields").result()
    client.query("create or replace table fields.people as select 'a' as k, 1 as n").result()
    sql = "select concat(to_json_string(struct(n as FirstName)), k) from fields.people"
    assert value_of(client, sql) == '{"FirstName":1}a'


def test_selected_offset_has_its_name(client: bigquery.Client) -> None:
    rows = client.query("select o from unnest(['a']) as v with offset o").result()
    assert [field.name for field in rows.schema] == ["o"]


def test_selected_field_names_its_column(client: bigquery.Client) -> None:
    rows = client.query("select struct(1 as a).a, [struct(2 as b)][safe_offset(0)].b").result()
    assert [field.name for field in rows.schema] == ["a", "b"]


@pytest.mark.parametrize(("text", "kind"), [("1.5", "int64"), ("yes", "bool")])
def test_text_that_is_no_value_is_an_error_in_cast(client: bigquery.Client, text: str, kind: str) -> None:
    with pytest.raises(GoogleAPICallError, match=f"Bad {kind} value: {text}"):
        value_of(client, f"select cast(x as {kind}) from (select '{text}' as x)")


@pytest.mark.parametrize(("text", "found"), [("ELL", True), ("elf", False)])
def test_text_is_found_in_any_case(client: bigquery.Client, text: str, found: bool) -> None:
    assert value_of(client, f"select contains_substr('Hello', '{text}')") is found


def test_column_named_like_an_offset_elsewhere_stays(client: bigquery.Client) -> None:
    sql = """
        with elsewhere as (select 7 as o)
        select elsewhere.o, (select o from unnest(['a']) as v with offset as o), (select o from elsewhere)
        from elsewhere
    """
    assert value_of(client, sql) == (7, 0, 7)


def test_truncated_column_is_a_date(client: bigquery.Client) -> None:
    rows = client.query("select date_trunc(day, month) as month from (select date '2026-11-20' as day)").result()
    assert rows.schema[0].field_type == "DATE"


@pytest.mark.parametrize("expression", ["x[offset(n)]", "x[offset(n - 3)]", "x[ordinal(n + 1)]"])
def test_element_beyond_the_array_is_an_error(client: bigquery.Client, expression: str) -> None:
    with pytest.raises(GoogleAPICallError, match="out of bounds"):
        value_of(client, f"select {expression} from (select ['a', 'b'] as x, 2 as n)")


def test_parameter_in_an_expression_of_group_by_is_one(client: bigquery.Client) -> None:
    sql = """
        select concat(@prefix, k) as name, count(*) -- counts by @prefix
        from (select 'a' as k union all select 'b' union all select 'a')
        where '@prefix' != @prefix and (@nothing is null or k = @nothing)
        group by name
        order by name
    """
    given = [
        bigquery.ScalarQueryParameter("prefix", "STRING", "is-"),
        bigquery.ScalarQueryParameter("nothing", "STRING", None),
    ]
    rows = client.query(sql, job_config=bigquery.QueryJobConfig(query_parameters=given)).result()
    assert [tuple(row.values()) for row in rows] == [("is-a", 2), ("is-b", 1)]


def test_most_frequent_values_have_their_counts(client: bigquery.Client) -> None:
    fruit = "['apple', 'apple', 'pear', 'pear', 'pear', 'banana']"
    assert value_of(client, f"select approx_top_count(x, 2) from unnest({fruit}) as x") == [
        {"value": "pear", "count": 3},
        {"value": "apple", "count": 2},
    ]
    assert value_of(
        client, "select approx_top_count(x, 2) from unnest([null, 'pear', 'pear', 'pear', 'apple', null]) as x"
    ) == [{"value": "pear", "count": 3}, {"value": None, "count": 2}]
