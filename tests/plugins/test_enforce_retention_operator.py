from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from martech.alerts.messages import Alert
from martech.retention.client import RetentionClient
from martech.retention.operators import EnforceRetentionOperator
from martech.retention.policy import ExportRetention, TableRetention
from martech.warehouse.ddl import render

from include.pipeline.layer_ddl import table_statement
from include.pipeline.settings import SQL_DIR, settings
from tests.plugins.sample import PROJECT, Dataset

TODAY = datetime.now(UTC).date()


@pytest.fixture
def alerts() -> list[Alert]:
    return []


@pytest.fixture
def kept(dataset: Dataset) -> Dataset:
    """Tables that keep their partitions 90 days, forever, and one that has none; a view."""
    create = f"create table `{PROJECT}.{dataset.name}"
    dataset.query(f"{create}.visits` (day date) partition by day options (partition_expiration_days = 90)")
    dataset.query(f"{create}.orders` (ordered_at timestamp) partition by date(ordered_at)")
    dataset.query(f"{create}.people` (name string)")
    dataset.query(f"create view `{PROJECT}.{dataset.name}.seen` as select * from `{PROJECT}.{dataset.name}.visits`")
    return dataset


def make(
    dataset: Dataset, declared: Mapping[str, int | None], alerts: list[Alert], **kwargs: Any
) -> EnforceRetentionOperator:
    return EnforceRetentionOperator(
        task_id="enforce",
        project_id=PROJECT,
        location="US",
        load_declared=lambda: {dataset.name: declared},
        alert=lambda alert, _: alerts.append(alert),
        **kwargs,
    )


def expiry(dataset: Dataset) -> dict[str, float | None]:
    found = RetentionClient(project_id=PROJECT, location="US").tables(dataset.name)
    return {name: table.expiration_days for name, table in found.items()}


def test_everything_as_declared_says_nothing(kept: Dataset, context: dict[str, Any], alerts: list[Alert]) -> None:
    outcome = make(kept, {"visits": 90, "orders": None, "people": None}, alerts).execute(context)
    # One check per table, and the dataset's defaults.
    assert outcome == {"checks": 4, "repaired": [], "warnings": []}
    assert alerts == []


def test_drift_is_found_repaired_and_proven(kept: Dataset, context: dict[str, Any], alerts: list[Alert]) -> None:
    assert expiry(kept) == {"orders": None, "people": None, "visits": 90}
    operator = make(kept, {"visits": None, "orders": 365, "people": None}, alerts)
    assert operator.execute(context)["repaired"] == [f"{kept.name}.orders", f"{kept.name}.visits"]
    assert expiry(kept) == {"orders": 365, "people": None, "visits": None}
    (alert,) = alerts
    assert alert.severity == "warning"
    assert f"{kept.name}.orders keeps partitions forever, declared is 365 days" in alert.reason
    # The next run finds nothing to do.
    assert operator.execute(context)["repaired"] == []
    assert len(alerts) == 1


@pytest.mark.parametrize("repair", [False, "False"])
def test_without_repair_it_fails_and_changes_nothing(
    kept: Dataset, context: dict[str, Any], alerts: list[Alert], repair: bool | str
) -> None:
    operator = make(kept, {"visits": 30, "orders": None, "people": None}, alerts, repair=repair)
    with pytest.raises(AirflowException, match=r"visits keeps partitions 90 days, declared is 30 days"):
        operator.execute(context)
    assert expiry(kept)["visits"] == 90


def test_repair_that_has_no_effect_fails(
    kept: Dataset, context: dict[str, Any], alerts: list[Alert], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RetentionClient, "set_expiration", lambda *_: None)
    with pytest.raises(AirflowFailException, match="1 tables do not keep their data as declared"):
        make(kept, {"visits": 30, "orders": None, "people": None}, alerts).execute(context)
    assert alerts == []


def test_table_without_partitions_cannot_be_repaired(
    kept: Dataset, context: dict[str, Any], alerts: list[Alert]
) -> None:
    with pytest.raises(AirflowException, match="people has no partitions"):
        make(kept, {"visits": 90, "orders": None, "people": 90}, alerts).execute(context)


def test_undeclared_table_and_overdue_partition_are_told(
    kept: Dataset, context: dict[str, Any], alerts: list[Alert]
) -> None:
    kept.query(f"insert into `{PROJECT}.{kept.name}.visits` values (date '2026-01-31'), (null)")
    outcome = make(kept, {"visits": 90, "orders": None}, alerts).execute(context)
    assert [warning.split(".")[1].split()[0] for warning in outcome["warnings"]] == ["people", "visits"]
    (alert,) = alerts
    assert "people is declared nowhere" in alert.reason
    assert "visits still holds 2026-01-31" in alert.reason
    # It is not the one to delete it.
    assert kept.query(f"select count(*) as n from `{PROJECT}.{kept.name}.visits`") == [{"n": 2}]


def test_default_expiry_of_a_dataset_is_told(kept: Dataset, context: dict[str, Any], alerts: list[Alert]) -> None:
    found = kept.client.get_dataset(f"{PROJECT}.{kept.name}")
    found.default_partition_expiration_ms = 30 * 24 * 3600 * 1000
    kept.client.update_dataset(found, ["default_partition_expiration_ms"])
    (warning,) = make(kept, {"visits": 90, "orders": None, "people": None}, alerts).execute(context)["warnings"]
    assert "default expiry (tables forever, partitions 30 days)" in warning


def test_history_is_kept_also_when_it_fails(kept: Dataset, context: dict[str, Any], alerts: list[Alert]) -> None:
    kept.query(render(SQL_DIR / "ops" / "retention_checks.sql", {**settings.sql_context, "ops_dataset": kept.name}))
    results = f"{PROJECT}.{kept.name}.retention_checks"
    declared = {"visits": 30, "orders": None, "people": 90, "retention_checks": 730}
    with pytest.raises(AirflowException):
        make(kept, declared, alerts, results_table=results).execute(context)
    rows = kept.query(f"select * from `{results}` order by table_id nulls first")
    assert [(row["table_id"], row["passed"], row["repaired"]) for row in rows] == [
        (None, True, False),
        ("orders", True, False),
        ("people", False, False),
        ("retention_checks", True, False),
        ("visits", False, True),
    ]
    assert (rows[-1]["observed"], rows[-1]["expected"]) == ("90 days", "30 days")
    assert (rows[-1]["dag_id"], rows[-1]["run_id"]) == ("ingest_zendesk", "run 1")
    assert list(rows[0]) == [column.name for column in table_statement("ops", "retention_checks").columns]


def test_missing_dataset_names_the_fix(context: dict[str, Any], alerts: list[Alert], kept: Dataset) -> None:
    operator = make(kept, {}, alerts)
    operator.load_declared = lambda: {"not_there": {}}
    with pytest.raises(AirflowException, match=r"not_there.*\. Check the project, dataset and location"):
        operator.execute(context)


def test_facts_of_tables(kept: Dataset) -> None:
    client = RetentionClient(project_id=PROJECT, location="US")
    day = TODAY - timedelta(days=1)
    kept.query(f"insert into `{PROJECT}.{kept.name}.orders` values (timestamp '{day} 10:00:00'), (null)")
    assert client.tables(kept.name) == {
        "orders": TableRetention(is_partitioned=True, expiration_days=None, oldest=day),
        "people": TableRetention(is_partitioned=False, expiration_days=None, oldest=None),
        "visits": TableRetention(is_partitioned=True, expiration_days=90, oldest=None),
    }


@pytest.mark.parametrize(
    ("partition_id", "day"),
    [
        ("2026", date(2026, 1, 1)),
        ("202611", date(2026, 11, 1)),
        ("20261124", date(2026, 11, 24)),
        ("2026112407", date(2026, 11, 24)),
    ],
)
def test_partitions_begin_on_the_day_of_their_id(partition_id: str, day: date) -> None:
    assert RetentionClient.partition_day(partition_id) == day


def test_an_exports_old_tables_are_reported_and_left_alone(
    dataset: Dataset, context: dict[str, Any], alerts: list[Alert]
) -> None:
    old, new = (f"{TODAY - timedelta(days=days):%Y%m%d}" for days in (60, 1))
    names = [f"events_{old}", f"events_intraday_{new}", f"events_{new}", "events_of_2020", f"users_{old}"]
    for name in names:
        dataset.query(f"create table `{PROJECT}.{dataset.name}.{name}` (event_name string)")
    export = ExportRetention(("events_", "events_intraday_"), 30, "MARKETING_LANDING_GA4")
    operator = EnforceRetentionOperator(
        task_id="enforce",
        project_id=PROJECT,
        location="US",
        load_declared=dict,
        load_exports=lambda: {dataset.name: export},
        alert=lambda alert, _: alerts.append(alert),
    )
    (warning,) = operator.execute(context)["warnings"]
    assert f"{dataset.name}, which MARKETING_LANDING_GA4 names, still has 1 tables of days before" in warning
    assert f"from events_{old} on; 30 days are declared" in warning
    assert "default_table_expiration_days = 30" in warning
    assert {table.table_id for table in dataset.client.list_tables(dataset.name)} == set(names)
    dataset.query(f"drop table `{PROJECT}.{dataset.name}.events_{old}`")
    assert operator.execute(context)["warnings"] == []
