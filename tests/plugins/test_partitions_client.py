from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from martech.warehouse.client import job_labels
from martech.warehouse.partitions_client import PartitionsClient

from tests.plugins.sample import COLUMNS, DAY, PROJECT, Dataset

BEFORE = DAY - timedelta(days=1)


def test_rows_by_day_has_every_table_and_only_days_with_rows(partitions: PartitionsClient, dataset: Dataset) -> None:
    dataset.create_table("tickets")
    dataset.create_table("empty")
    dataset.land("tickets", DAY, 3)
    dataset.land("tickets", BEFORE, 2)
    dataset.land("tickets", DAY - timedelta(days=9), 1)
    assert partitions.rows_by_day(dataset.name, ["tickets", "empty", "nowhere"], BEFORE, DAY) == {
        "tickets": {BEFORE: 2, DAY: 3},
        "empty": {},
        "nowhere": {},
    }


def test_columns_come_in_order_and_missing_tables_have_none(partitions: PartitionsClient, dataset: Dataset) -> None:
    dataset.create_table("tickets")
    found = partitions.columns(dataset.name, ["tickets", "nowhere"])
    assert list(found) == ["tickets"]
    assert list(found["tickets"].items()) == list(COLUMNS.items())


def test_missing_dataset_names_the_fix(partitions: PartitionsClient) -> None:
    message = r"^Not found: Dataset .*:not_there was not found in location US\. Check the project, dataset and location"
    with pytest.raises(AirflowException, match=message):
        partitions.rows_by_day("not_there", ["tickets"], DAY, DAY)


@pytest.mark.parametrize(
    ("partition_field", "partition_by", "kind"),
    [("event_date", "event_date", "DATE"), ("_fivetran_synced", "date(_fivetran_synced)", "TIMESTAMP")],
)
def test_newest_by_day_looks_at_the_days_only(
    partitions: PartitionsClient, dataset: Dataset, partition_field: str, partition_by: str, kind: str
) -> None:
    dataset.create_table("tickets", partition_by=partition_by)
    for day in (DAY + timedelta(days=1), DAY, BEFORE, BEFORE - timedelta(days=1)):
        dataset.land("tickets", day, 2, datetime(day.year, day.month, day.day, 23, 59, 59))
    newest = partitions.newest_by_day(
        dataset.name,
        "tickets",
        [DAY, BEFORE],
        partition_field=partition_field,
        partition_type=kind,
        loaded_at_field="_fivetran_synced",
    )
    assert newest == {
        BEFORE: datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC),
        DAY: datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC),
    }


def test_appended_rows_arrive(partitions: PartitionsClient, dataset: Dataset) -> None:
    dataset.create_table("tickets")
    row = {"id": "ü", "event_date": "2026-11-22", "amount": None, "_fivetran_synced": "2026-11-22T01:02:03Z"}
    partitions.append_rows(f"{PROJECT}.{dataset.name}.tickets", [row, row])
    rows = dataset.query(f"select id, event_date from {dataset.name}.tickets where event_date = '{DAY}'")
    assert rows == [{"id": "ü", "event_date": DAY}] * 2


def test_jobs_carry_labels_and_limit(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    partitions = PartitionsClient(
        project_id=PROJECT, location="US", labels={"airflow-dag": "d"}, maximum_bytes_billed=10**8
    )
    sent = []
    request = partitions.bigquery._connection.api_request
    monkeypatch.setattr(
        partitions.bigquery._connection,
        "api_request",
        lambda **call: (sent.append(call.get("data")), request(**call))[1],
    )
    partitions.columns(dataset.name, ["tickets"])
    (job,) = [data["configuration"] for data in sent if data and "configuration" in data]
    assert job["labels"] == {"airflow-dag": "d"}
    assert job["query"]["maximumBytesBilled"] == str(10**8)


def test_labels_are_spelled_as_bigquery_allows() -> None:
    task = SimpleNamespace(dag_id="Ingest.Zendesk", task_id="group.check partitions" + "x" * 60)
    labels = job_labels({"ti": task})
    assert labels["airflow-dag"] == "ingest-zendesk"
    assert labels["airflow-task"].startswith("group-check-partitionsx")
    assert len(labels["airflow-task"]) == 63


@pytest.mark.parametrize("name", ["t` where 1=1 --", "a.b", ""])
def test_names_that_are_no_identifiers_are_refused(partitions: PartitionsClient, name: str) -> None:
    with pytest.raises(ValueError, match="not a valid BigQuery name"):
        partitions.columns(name, ["t"])
    with pytest.raises(ValueError, match="not a valid BigQuery name"):
        partitions.rows_by_day("d", [name], DAY, DAY)
    with pytest.raises(ValueError, match="not a valid BigQuery name"):
        partitions.newest_by_day("d", "t", [DAY], partition_field=name, partition_type="DATE", loaded_at_field="s")


def test_project_is_validated() -> None:
    with pytest.raises(ValueError, match="project_id='No Project'"):
        PartitionsClient(project_id="No Project")
