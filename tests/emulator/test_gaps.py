"""What the embedded warehouse answers where bqemulator alone differs from BigQuery."""

from __future__ import annotations

from io import BytesIO

import pytest
from google.api_core.exceptions import BadRequest, Conflict, GoogleAPICallError, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery


@pytest.fixture(scope="module")
def client(warehouse_url: str) -> bigquery.Client:
    """A project with one table, ``lake.numbers``."""
    client = bigquery.Client("gaps", credentials=AnonymousCredentials())
    client.query("create schema lake").result()
    client.query("create table lake.numbers as select n from unnest([1, 2, 3]) as n").result()
    return client


@pytest.mark.parametrize(
    ("sql", "raised", "reason"),
    [
        ("select missing from lake.numbers", BadRequest, "invalidQuery"),
        ("selec 1", BadRequest, "invalidQuery"),
        ("select * from lake.missing", NotFound, "notFound"),
        ("create table lake.numbers (n int64)", Conflict, "duplicate"),
        ("select error('no')", BadRequest, "invalidQuery"),
    ],
)
def test_jobs_query_answers_the_error_of_a_query_that_fails(
    client: bigquery.Client, sql: str, raised: type[GoogleAPICallError], reason: str
) -> None:
    with pytest.raises(raised) as error:
        client.query_and_wait(sql)
    assert error.value.errors[0]["reason"] == reason
    with pytest.raises(raised) as inserted:
        client.query(sql, job_retry=None).result()
    assert inserted.value.errors[0]["message"] in error.value.message, "jobs.insert gives another reason"


def test_jobs_query_knows_the_default_dataset_and_parameters(client: bigquery.Client) -> None:
    config = bigquery.QueryJobConfig(
        default_dataset="gaps.lake", query_parameters=[bigquery.ScalarQueryParameter("least", "INT64", 2)]
    )
    rows = client.query_and_wait("select n from numbers where n >= @least order by n", job_config=config)
    assert [row.n for row in rows] == [2, 3]


def test_jobs_query_keeps_its_labels(client: bigquery.Client) -> None:
    config = bigquery.QueryJobConfig(labels={"app": "gaps-test"})
    rows = client.query_and_wait("select 1 as one", job_config=config)
    assert client.get_job(rows.job_id).labels == {"app": "gaps-test"}
    kept = client.query_and_wait(
        "select job_id, labels from `region-us`.INFORMATION_SCHEMA.JOBS where array_length(labels) > 0"
    )
    assert {row.job_id: row.labels for row in kept} == {rows.job_id: [{"key": "app", "value": "gaps-test"}]}


def test_jobs_query_gives_all_pages_and_counts_what_it_changed(client: bigquery.Client) -> None:
    rows = client.query_and_wait("select n from unnest(generate_array(1, 25)) as n order by n", page_size=10)
    assert [row.n for row in rows] == list(range(1, 26))
    client.query_and_wait("create or replace table lake.changed as select 1 as n")
    changed = client.query_and_wait("update lake.changed set n = 2 where true")
    assert changed.num_dml_affected_rows == 1


@pytest.mark.parametrize("comment", ["", "/* dbt's */ ", "-- the written DDL's\n", "/* both */\n-- of them\n"])
def test_a_materialized_view_may_begin_with_comments(client: bigquery.Client, comment: str) -> None:
    sql = f"{comment}create materialized view if not exists lake.totals as select sum(n) as n from lake.numbers"
    for _ in range(2):
        client.query(sql).result()
        assert client.get_table("lake.totals").table_type == "MATERIALIZED_VIEW"
    client.query("drop materialized view lake.totals").result()


# What dbt, people and our own templates put in front of a statement.
BEFORE = ("", '/* {"app": "dbt"} */\n', "-- a note\n  # another\n", "/* one */ /* two */" + " \n" * 200)


@pytest.mark.parametrize("before", BEFORE)
def test_a_materialized_view_follows_every_change_of_rows(client: bigquery.Client, before: str) -> None:
    client.query("create or replace table lake.sold as select 1 as n").result()
    client.query("create materialized view lake.sum_sold as select sum(n) as n from lake.sold").result()
    changes = {
        "insert into lake.sold (n) values (2)": 3,
        "update lake.sold set n = 5 where n = 2": 6,
        "merge into lake.sold using (select 4 as n) as more on false when not matched then insert (n) values (n)": 10,
        "delete from lake.sold where n = 5": 5,
        "truncate table lake.sold": None,
    }
    for sql, expected in changes.items():
        client.query(before + sql).result()
        assert [row.n for row in client.query(f"{before}select n from lake.sum_sold")] == [expected], sql
    client.query("drop materialized view lake.sum_sold").result()


def test_a_star_has_the_records_of_a_table_that_was_loaded(client: bigquery.Client) -> None:
    point = [bigquery.SchemaField("x", "INTEGER"), bigquery.SchemaField("y", "INTEGER")]
    schema = [bigquery.SchemaField("n", "INTEGER"), bigquery.SchemaField("points", "RECORD", "REPEATED", fields=point)]
    config = bigquery.LoadJobConfig(schema=schema, source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON)
    line = BytesIO(b'{"n": 1, "points": [{"x": 2, "y": 3}, {"x": 4, "y": 5}]}')
    client.load_table_from_file(line, "gaps.lake.loaded", job_config=config).result()
    sql = (
        "with more as (select *, (select max(p.y) from unnest(points) as p) as top from lake.loaded) select * from more"
    )
    (row,) = client.query_and_wait(sql)
    assert dict(row) == {"n": 1, "points": [{"x": 2, "y": 3}, {"x": 4, "y": 5}], "top": 5}


@pytest.mark.parametrize(
    "element", ["names[offset(0)]", "names[safe_offset(0)]", "names[ordinal(1)]", "names[safe_ordinal(1)]", "names[0]"]
)
def test_the_first_element_of_a_column_is_the_first_whatever_stands_beside_it(
    client: bigquery.Client, element: str
) -> None:
    client.query_and_wait("create or replace table lake.lists as select ['a', 'b'] as names")
    (row,) = client.query_and_wait(f"select t.{element} as first, concat('x', 'y') as beside from lake.lists as t")
    assert dict(row) == {"first": "a", "beside": "xy"}


@pytest.mark.timeout(120)
def test_windows_over_windows_are_planned_in_one_pass(client: bigquery.Client) -> None:
    """Fourteen levels, each of what the one before shows, as the analysts' views have: without a remedy minutes."""
    columns = [f"s{number}" for number in range(14)]
    values = ", ".join(f"mod(n, {number + 2}) as {name}" for number, name in enumerate(columns))
    levels = [f"level_0 as (select {values} from unnest(generate_array(1, 60)) as n)"]
    for number, name in enumerate(columns, start=1):
        before = ", ".join(["true", *columns[: number - 1]])
        levels.append(
            f"""counted_{number} as (
                select *, count(*) over (partition by {before}, {name}) as alike from level_{number - 1}
            ), hidden_{number} as (
                select
                    *, countif(alike < 5) over (partition by {before}) as rare,
                    min(if(alike >= 5, alike, null)) over (partition by {before}) as smallest
                from counted_{number}
            ), level_{number} as (
                select
                    * except (alike, rare, smallest)
                    replace (if(alike >= 5 and (rare = 0 or rare >= 5 or alike > smallest), {name}, null) as {name})
                from hidden_{number}
            )"""
        )
    sql = f"with {', '.join(levels)} select countif(s0 is not null) as shown, count(*) as n from level_14"
    for _ in range(2):  # translated, and remembered
        assert [(row.shown, row.n) for row in client.query(sql).result()] == [(60, 60)]
