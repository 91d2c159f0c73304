from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from martech.alerts.messages import Alert
from martech.ingestion.operators import BigQueryPartitionCheckOperator
from martech.ingestion.raw_table import RawTable
from martech.warehouse.ddl import render

from include.pipeline.layer_ddl import table_statement
from include.pipeline.settings import SQL_DIR, settings
from include.quality.declared_volume import load_volume_rules
from tests.plugins.sample import COLUMNS, DAY, PROJECT, Dataset


def make(dataset: Dataset, *tables: RawTable, **kwargs: Any) -> BigQueryPartitionCheckOperator:
    arguments = {"days": [DAY], "location": "US", **kwargs}
    return BigQueryPartitionCheckOperator(
        task_id="check", project_id=PROJECT, dataset_id=dataset.name, tables=tables, **arguments
    )


def failure(operator: BigQueryPartitionCheckOperator, context: dict[str, Any]) -> str:
    with pytest.raises(AirflowException) as error:
        operator.execute(context)
    return str(error.value)


@pytest.fixture
def tickets(dataset: Dataset) -> Dataset:
    """A table with a week of history and no data for DAY yet."""
    dataset.create_table("tickets")
    dataset.land_history("tickets", days=7, rows=10)
    return dataset


def test_good_partition_passes(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    tickets.land("tickets", DAY, 10)
    # schema, partition_exists, freshness and row_count
    assert make(tickets, expectation).execute(context) == {"checks": 4, "warnings": []}


def test_missing_partition(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    message = failure(make(tickets, expectation), context)
    assert f"{tickets.name}.tickets has no partition 2026-11-22: the day's data has not landed." in message
    assert "Check the Fivetran connector's sync log, then clear this task." in message


def test_empty_table(dataset: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    dataset.create_table("tickets")
    message = failure(make(dataset, expectation), context)
    assert "1 of 2 partition checks failed" in message
    assert "has no partition 2026-11-22" in message


def test_missing_table(dataset: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    message = failure(make(dataset, expectation), context)
    assert "column id is missing" in message
    assert "has no partition 2026-11-22" in message


def test_late_table(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    tickets.land("tickets", DAY, 30, datetime(2026, 11, 22, 3, 30))
    message = failure(make(tickets, replace(expectation, max_age=timedelta(hours=6))), context)
    assert "tickets is late for 2026-11-22: its newest row landed at 2026-11-22 03:30 UTC" in message


def test_rows_that_land_days_later_are_fine(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    tickets.land("tickets", DAY, 10, datetime(2026, 11, 29))
    assert make(tickets, expectation).execute(context)["warnings"] == []


def test_a_late_table_of_a_source_that_went_on_is_a_warning(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    tickets.create_table("users")
    tickets.land("tickets", DAY, 30, datetime(2026, 11, 22, 3, 30))
    tickets.land("users", DAY, 30, datetime(2026, 11, 22, 20))
    late = replace(expectation, max_age=timedelta(hours=6))
    warnings = make(tickets, late, replace(late, name="users")).execute(context)["warnings"]
    assert any(
        "tickets is late for 2026-11-22" in warning and "it may only be quiet" in warning for warning in warnings
    )


def test_a_sync_after_the_end_of_the_day_makes_a_late_table_fresh(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    tickets.land("tickets", DAY, 12, datetime(2026, 11, 22, 3, 30))
    late = replace(expectation, max_age=timedelta(hours=6))
    early = "{'warm_goose': '2026-11-22T23:41:00+00:00', 'cold_duck': '2026-11-23T00:41:00+00:00'}"
    (warning,) = make(tickets, late, delivered=early).execute(context)["warnings"]
    assert "tickets is late for 2026-11-22" in warning
    delivered = early.replace("22T23", "23T00")
    assert make(tickets, late, delivered=delivered).execute(context)["warnings"] == []


@pytest.mark.parametrize(("rows", "hint"), [(4, "partial sync"), (21, "are no copies")], ids=["low", "high"])
def test_row_count_out_of_band_warns(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any], rows: int, hint: str
) -> None:
    tickets.land("tickets", DAY, rows)
    told: list[Alert] = []
    operator = make(tickets, expectation, alert=lambda alert, _: told.append(alert))
    (warning,) = operator.execute(context)["warnings"]
    assert f"tickets has {rows} rows for 2026-11-22, expected 5 to 20 rows" in warning
    assert hint in warning
    assert [(alert.severity, alert.reason) for alert in told] == [("warning", warning)]


def test_a_day_with_almost_no_rows_blocks(dataset: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    dataset.create_table("tickets")
    dataset.land_history("tickets", days=30, rows=500)
    dataset.land("tickets", DAY, 1)
    assert "tickets has 1 rows for 2026-11-22" in failure(make(dataset, expectation), context)


def test_a_day_that_landed_twice_blocks(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    tickets.land("tickets", DAY, 10)
    tickets.land("tickets", DAY, 10, datetime(2026, 11, 22, 13))
    assert "10 of them are copies: the day landed twice" in failure(make(tickets, expectation), context)


def test_black_friday_has_three_times_the_rows(
    dataset: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    black_friday, october = date(2026, 11, 27), date(2026, 10, 16)
    dataset.create_table("tickets")
    for first in (black_friday, october):
        for ago in range(1, 31):
            dataset.land("tickets", first - timedelta(days=ago), 20, datetime(2026, 11, 29))
        dataset.land("tickets", first, 60, datetime(2026, 11, 29))
    calendar = make(dataset, expectation, days=[black_friday], load_rules=load_volume_rules)
    assert calendar.execute(context)["warnings"] == []
    (warning,) = make(dataset, expectation, days=[october], load_rules=load_volume_rules).execute(context)["warnings"]
    assert "tickets has 60 rows for 2026-10-16, expected 10 to 40 rows" in warning


def test_a_failure_of_the_data_is_not_tried_again(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    with pytest.raises(AirflowFailException):
        make(tickets, expectation).execute(context)


def test_missing_column(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    tickets.land("tickets", DAY, 10)
    expected = replace(expectation, columns={**COLUMNS, "priority": "STRING"})
    message = failure(make(tickets, expected), context)
    assert "column priority is missing. Run the DAG that creates the tables" in message


def test_changed_type(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    tickets.land("tickets", DAY, 10)
    expected = replace(expectation, columns={**COLUMNS, "amount": "STRING"})
    assert "column amount is NUMERIC, declared as STRING" in failure(make(tickets, expected), context)


def test_extra_column_is_a_warning(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    tickets.land("tickets", DAY, 10)
    expected = replace(expectation, columns={k: v for k, v in COLUMNS.items() if k != "amount"})
    (warning,) = make(tickets, expected).execute(context)["warnings"]
    assert "column amount NUMERIC is not declared" in warning


def test_partition_column_that_is_gone_is_a_message_not_a_crash(
    dataset: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    dataset.create_table("tickets")
    dataset.land("tickets", DAY, 1)
    expected = replace(expectation, partition_field="created_on", columns={**COLUMNS, "created_on": "DATE"})
    assert "column created_on is missing" in failure(make(dataset, expected), context)


def test_sparse_table_without_rows_passes(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    assert make(tickets, replace(expectation, expect="sparse")).execute(context)["checks"] == 2


def test_day_without_rows_passes_where_the_connector_has_delivered(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    delivered = "{'warm_goose': '2026-11-23T00:41:00+00:00'}"
    assert make(tickets, expectation, delivered=delivered).execute(context) == {"checks": 2, "warnings": []}


def test_one_bad_table_hides_nothing(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    tickets.create_table("users")
    tickets.create_table("ratings")
    tickets.land("ratings", DAY, 5)
    names = ("nowhere", "users", "tickets", "ratings")
    tables = [replace(expectation, name=name) for name in names]
    message = failure(make(tickets, *tables), context)
    missing = re.findall(r"\.(\w+) has no partition", message)
    assert missing == ["nowhere", "users", "tickets"]


def test_days_of_a_backfill_are_judged_one_by_one(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    tickets.land("tickets", DAY + timedelta(days=1), 10)
    days = "2026-11-21,2026-11-22,2026-11-23"
    message = failure(make(tickets, expectation, days=days), context)
    assert re.findall(r"has no partition (\S+):", message) == ["2026-11-22"]


def test_an_empty_day_is_no_failure_where_the_source_was_synced_later(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    tickets.create_table("users")
    users = replace(expectation, name="users")
    assert "tickets has no partition 2026-11-22" in failure(make(tickets, expectation, users), context)
    tickets.land("users", DAY + timedelta(days=1), 1)
    message = failure(make(tickets, expectation, users), context)
    assert re.findall(r"\.(\w+) has no partition", message) == ["users"]


ACCEPT = {"who": "ana@example.com", "why": "the shop was closed"}


@pytest.fixture
def results_table(tickets: Dataset) -> str:
    tickets.query(
        render(SQL_DIR / "ops" / "partition_checks.sql", {**settings.sql_context, "ops_dataset": tickets.name})
    )
    return f"{PROJECT}.{tickets.name}.partition_checks"


@pytest.mark.parametrize("accept", [ACCEPT, str(ACCEPT)], ids=["an object", "a rendered template"])
def test_an_accepted_day_goes_on_and_keeps_who_and_why(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any], results_table: str, accept: object
) -> None:
    told: list[Alert] = []
    operator = make(
        tickets, expectation, results_table=results_table, accept=accept, alert=lambda alert, _: told.append(alert)
    )
    assert len(operator.execute(context)["warnings"]) == 1
    rows = tickets.query(f"select * from `{results_table}` where checked_day = '{DAY}' order by check_name")
    assert [(row["check_name"], row["passed"], row["accepted_by"], row["accepted_why"]) for row in rows] == [
        ("partition_exists", False, "ana@example.com", "the shop was closed"),
        ("schema", True, None, None),
    ]
    assert "accepted by ana@example.com: the shop was closed" in told[0].title


def test_what_was_accepted_keeps_no_later_run_red(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any], results_table: str
) -> None:
    later = DAY + timedelta(days=1)
    tickets.land("tickets", later, 10)
    both = [DAY, later]
    assert "no partition 2026-11-22" in failure(
        make(tickets, expectation, days=both, results_table=results_table), context
    )
    make(tickets, expectation, days=[DAY], results_table=results_table, accept=ACCEPT).execute(context)
    warnings = make(tickets, expectation, days=both, results_table=results_table).execute(context)["warnings"]
    assert [re.findall(r"no partition (\S+):", warning) for warning in warnings] == [["2026-11-22"]]
    # What it accepts is that day alone.
    tickets.query(f"delete from `{PROJECT}.{tickets.name}.tickets` where event_date = '{later}'")
    message = failure(make(tickets, expectation, days=both, results_table=results_table), context)
    assert re.findall(r"no partition (\S+):", message) == ["2026-11-23"]


@pytest.mark.parametrize("accept", [{"who": "ana"}, {"why": "closed"}, {"who": " ", "why": "x"}, "yes", "['ana']"])
def test_accepting_needs_a_name_and_a_reason(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any], accept: object
) -> None:
    with pytest.raises(AirflowFailException, match=r"does not say who accepts and why: write"):
        make(tickets, expectation, accept=accept).execute(context)


def test_results_are_kept_also_when_it_fails(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    sql_context = {**settings.sql_context, "ops_dataset": tickets.name}
    tickets.query(render(SQL_DIR / "ops" / "partition_checks.sql", sql_context))
    results_table = f"{PROJECT}.{tickets.name}.partition_checks"
    failure(make(tickets, expectation, results_table=results_table), context)
    rows = tickets.query(f"select * from `{results_table}` where checked_day = '{DAY}' order by check_name")
    assert [(row["check_name"], row["passed"]) for row in rows] == [
        ("partition_exists", False),
        ("schema", True),
    ]
    missing = rows[0]
    assert missing["checked_day"] == date(2026, 11, 22)
    assert missing["table_name"] == f"{tickets.name}.tickets"
    assert (missing["severity"], missing["observed"], missing["expected"]) == ("error", "0 rows", "at least 1 row")
    assert "Check the Fivetran connector's sync log" in missing["reason"]
    assert (missing["dag_id"], missing["run_id"], missing["try_number"]) == ("ingest_zendesk", "run 1", 1)
    declared = [column.name for column in table_statement("ops", "partition_checks").columns]
    assert list(missing) == declared
