"""Functions of the embedded warehouse against the values that BigQuery documents, one group per closed gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

FRIDAY = "date '2026-11-20'"
NUMBERS = "(select 'a' as k, 1 as n union all select 'a', 2 union all select 'b', 3)"


@pytest.fixture(scope="module")
def client(warehouse_url: str) -> bigquery.Client:
    options = {"api_endpoint": warehouse_url}
    return bigquery.Client("functions", credentials=AnonymousCredentials(), client_options=options)


@pytest.fixture(scope="module")
def reference(serve_warehouse: Callable[..., AbstractContextManager[str]]) -> Iterator[bigquery.Client]:
    """A client of GoogleSQL's reference engine, which says whether our expectations are BigQuery's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMULATOR_GOOGLESQL", "compile")
        with serve_warehouse() as url:
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
        ("cast(x as int64) from (select true as x)", 1),
        ("cast(x as int64) from (select 9007199254740993 as x)", 9007199254740993),
        ("safe_cast(x as int64) from (select 'a' as x)", None),
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
        value_of(client, f"select {expression} from (select ['a', 'b'] as x, 2 as n)")  # noqa: S608


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
