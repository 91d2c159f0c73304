"""The embedded warehouse refuses what BigQuery refuses, with BigQuery's words, and keeps what it knows of tables."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.api_core.exceptions import BadRequest, GoogleAPICallError, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

PROJECT = "googlesql-cases"
CASES, RULES = (
    yaml.safe_load(Path(__file__).with_name(name).read_text()) for name in ("googlesql_cases.yml", "engine_rules.yml")
)
numbers = count(1)


@dataclass(frozen=True)
class Dataset:
    """A dataset that belongs to one test.

    :param client: a client of the warehouse.
    :param name: its name.
    """

    client: bigquery.Client
    name: str

    def query(self, sql: str, **config: Any) -> list[dict[str, Any]]:
        """Run a statement in which tables stand without a dataset, and return its rows."""
        options = bigquery.QueryJobConfig(default_dataset=f"{self.client.project}.{self.name}", **config)
        return [dict(row) for row in self.client.query(sql, job_config=options).result()]

    def refusal(self, sql: str, **config: Any) -> str:
        """Return the message with which a statement is refused."""
        with pytest.raises(GoogleAPICallError) as refused:
            self.query(sql, **config)
        return str(refused.value.errors[0]["message"])


def client_of(url: str, project: str = PROJECT) -> bigquery.Client:
    """Return a client of the warehouse at an address."""
    options = {"api_endpoint": url}
    return bigquery.Client(project, credentials=AnonymousCredentials(), client_options=options, location="US")


@pytest.fixture(scope="session")
def client(warehouse_url: str) -> bigquery.Client:
    """A client of the session's warehouse, with the tables that the cases name."""
    client = client_of(warehouse_url)
    for name, columns in CASES["tables"].items():
        client.query(f"create schema if not exists `{PROJECT}.{name.split('.')[0]}`").result()
        client.query(f"create table if not exists `{PROJECT}.{name}` ({columns})").result()
    for statement in RULES["setup"]:
        client.query(statement).result()
    return client


@pytest.fixture
def dataset(client: bigquery.Client) -> Dataset:
    name = f"googlesql_{next(numbers)}"
    client.query(f"create schema `{PROJECT}.{name}`").result()
    return Dataset(client, name)


@pytest.mark.parametrize("case", [*CASES["cases"], *RULES["cases"]], ids=lambda case: case["name"])
def test_case(client: bigquery.Client, case: dict[str, Any]) -> None:
    values = [bigquery.ScalarQueryParameter(name, kind, None) for name, kind in case.get("parameters", {}).items()]
    job = client.query(case["sql"], job_config=bigquery.QueryJobConfig(query_parameters=values))
    if case.get("accepted"):
        job.result()
        return
    with pytest.raises(GoogleAPICallError) as refused:
        job.result()
    assert case["refused"] in str(refused.value)


def test_a_refusal_has_bigquerys_status_reason_and_position(dataset: Dataset) -> None:
    with pytest.raises(BadRequest) as refused:
        dataset.query("select 1 as a,\n  missing")
    assert refused.value.errors[0]["reason"] == "invalidQuery"
    assert refused.value.errors[0]["message"] == "Unrecognized name: missing at [2:3]"


def test_a_position_counts_the_users_text(dataset: Dataset) -> None:
    dataset.query("create table t (a int64)")
    query = f"select a from `googlesql-cases.{dataset.name}.t` where missing"
    column = query.index("missing") + 1
    assert dataset.refusal(query) == f"Unrecognized name: missing at [1:{column}]"
    # In a script too, behind other statements and letters of several bytes.
    assert dataset.refusal(f"select 'é `a.b`';\n  {query}").endswith(f"at [2:{column + 2}]")


def test_a_missing_table_is_not_found(dataset: Dataset) -> None:
    with pytest.raises(NotFound, match=f"Not found: Table {PROJECT}:{dataset.name}.nowhere was not found"):
        dataset.query("select * from nowhere")
    with pytest.raises(NotFound, match=f"Not found: Dataset {PROJECT}:nowhere was not found"):
        dataset.query("select * from nowhere.INFORMATION_SCHEMA.TABLES")


def test_a_table_named_in_backticks_is_known_by_its_last_name(dataset: Dataset) -> None:
    dataset.query("create table t as select 1 as a")
    assert dataset.query(f"select t.a from `googlesql-cases.{dataset.name}.t`") == [{"a": 1}]


def test_every_statement_of_a_script_is_checked_before_the_first_runs(dataset: Dataset) -> None:
    assert "Unrecognized name: missing" in dataset.refusal("create table made as select 1 as a; select missing")
    with pytest.raises(NotFound):
        dataset.query("select * from made")


def test_later_statements_meet_the_tables_as_earlier_ones_left_them(dataset: Dataset) -> None:
    dataset.query("create table t (a int64, b array<struct<c string, d numeric>>)")
    dataset.query("alter table t add column e json")
    assert dataset.query("select a, b[safe_offset(0)].d as d, json_value(e, '$.x') as x from t") == []
    dataset.query("create view v as select a as renamed from t")
    assert "Unrecognized name: a" in dataset.refusal("select a from v")
    dataset.query("drop table t")
    assert "Not found" in dataset.refusal("select a from t")
    dataset.query("create table t (a string)")
    assert "No matching signature for operator +" in dataset.refusal("select a + 1.5 from t")


def test_a_table_of_the_api_and_of_a_load_job_is_known(dataset: Dataset) -> None:
    table = bigquery.Table(
        f"{PROJECT}.{dataset.name}.made",
        [
            bigquery.SchemaField("day", "DATE"),
            bigquery.SchemaField("parts", "RECORD", mode="REPEATED", fields=[bigquery.SchemaField("n", "INTEGER")]),
        ],
    )
    table.time_partitioning = bigquery.TimePartitioning(field="day")
    table.require_partition_filter = True
    dataset.client.create_table(table)
    assert "without a filter over column(s) 'day'" in dataset.refusal("select * from made")
    assert dataset.query("select part.n from made, unnest(parts) as part where day = '2026-11-01'") == []
    assert "Field name m does not exist" in dataset.refusal(
        "select part.m from made, unnest(parts) as part where day = '2026-11-01'"
    )


def test_a_filter_that_a_table_requires_can_be_set_later(dataset: Dataset) -> None:
    dataset.query("create table t (a int64, day date) partition by day")
    dataset.query("select * from t")
    dataset.query("alter table t set options (require_partition_filter = true)")
    assert "partition elimination" in dataset.refusal("select * from t")
    dataset.query("create view v as select a, day as on_day from t")
    assert "partition elimination" in dataset.refusal("select a from v")
    assert dataset.query("select a from v where on_day >= '2026-11-01'") == []


def test_a_day_that_is_none_is_refused_after_the_same_statement_with_another_day_passed(dataset: Dataset) -> None:
    dataset.query("create table days (day date)")
    for day in ("2026-02-28", "2024-02-29"):
        dataset.query(f"insert into days values ('{day}')")
        assert dataset.query(f"select cast(day as string) as day from days where day = date '{day}'") == [{"day": day}]
    refused = "Could not cast literal"
    assert refused in dataset.refusal("insert into days values ('2026-02-29')")
    assert refused in dataset.refusal("insert into days values ('2026-2-30')")
    assert "Invalid DATE literal" in dataset.refusal("select * from days where day = date '2026-02-29'")


def test_parameters_count_with_their_types(dataset: Dataset) -> None:
    number = bigquery.ScalarQueryParameter("n", "INT64", 1)
    assert dataset.query("select @n + 1 as m", query_parameters=[number]) == [{"m": 2}]
    text = bigquery.ArrayQueryParameter("n", "STRING", ["a"])
    assert "No matching signature for operator IN UNNEST" in dataset.refusal(
        "select 1 in unnest(@n)", query_parameters=[text]
    )


def test_an_array_with_a_null_element_is_neither_answered_nor_written(dataset: Dataset) -> None:
    message = "Array cannot have a null element; error in writing field"
    assert dataset.refusal("select [1, null] as numbers") == f"{message} numbers"
    assert dataset.refusal("select struct([1, null] as numbers) as a") == f"{message} a.numbers"
    assert dataset.refusal("create table t as select [1, null] as numbers") == f"{message} numbers"
    assert dataset.query("select array_agg(n ignore nulls) as numbers from unnest([1, null]) as n") == [
        {"numbers": [1]}
    ]


def test_columns_that_the_embedded_warehouse_loses_are_an_error(dataset: Dataset) -> None:
    dataset.query("create table t (a int64, b array<struct<c int64>>)")
    assert "makes other columns than BigQuery: the result lacks ['c']" in dataset.refusal("select * from t, unnest(b)")


def test_labels_of_a_job_are_checked(dataset: Dataset) -> None:
    assert 'Label value "Build Silver" has invalid characters' in dataset.refusal(
        "select 1", labels={"dag": "Build Silver"}
    )


def test_a_dry_run_is_checked_whatever_it_would_do(dataset: Dataset) -> None:
    assert "Unrecognized name: missing" in dataset.refusal("create table t as select missing", dry_run=True)
    assert dataset.query("select 1 as a", dry_run=True) == []


def test_what_is_known_of_tables_outlives_the_warehouse(
    serve_warehouse: Callable[[Path], AbstractContextManager[str]], tmp_path: Path
) -> None:
    def ask(sql: str) -> list[dict[str, Any]]:
        with serve_warehouse(tmp_path / "warehouse") as url:
            return [dict(row) for row in client_of(url, "outlives-it").query(sql).result()]

    ask(
        "create schema d; create table d.t (a numeric, day date) partition by day "
        "options (require_partition_filter = true)"
    )
    with pytest.raises(BadRequest, match="partition elimination"):
        ask("select a from d.t")
    assert ask("select a from d.t where day = '2026-11-01'") == []
