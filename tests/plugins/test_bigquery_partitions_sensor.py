from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)
from martech.ingestion.partition_sensor import BigQueryPartitionsSensor
from martech.ingestion.raw_table import RawTable

from tests.plugins.sample import DAY, PROJECT, Dataset


def make(dataset: Dataset, *tables: RawTable, **kwargs: Any) -> BigQueryPartitionsSensor:
    arguments = {"days": [DAY], "poke_interval": 0.05, "timeout": 0.2, **kwargs}
    return BigQueryPartitionsSensor(
        task_id="wait", project_id=PROJECT, dataset_id=dataset.name, location="US", tables=tables, **arguments
    )


def deferred(sensor: BigQueryPartitionsSensor, context: dict[str, Any]) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as error:
        sensor.execute(context)
    return error.value


def fire(deferral: TaskDeferred) -> dict[str, Any]:
    async def first_event() -> dict[str, Any]:
        return (await anext(deferral.trigger.run())).payload

    return asyncio.run(first_event())


def run(sensor: BigQueryPartitionsSensor, context: dict[str, Any]) -> None:
    if sensor.deferrable:
        sensor.execute_complete(context, fire(deferred(sensor, context)))
    else:
        sensor.execute(context)


@pytest.fixture
def tickets(dataset: Dataset) -> Dataset:
    dataset.create_table("tickets")
    return dataset


@pytest.mark.parametrize("deferrable", [True, False])
def test_does_not_wait_for_what_has_landed(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any], deferrable: bool
) -> None:
    tickets.land("tickets", DAY, 1)
    assert make(tickets, expectation, deferrable=deferrable).execute(context) is None


def test_waits_in_the_triggerer_until_it_lands(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    sensor = make(tickets, expectation, deferrable=True, timeout=3600)
    deferral = deferred(sensor, context)
    assert deferral.method_name == "execute_complete"
    assert deferral.timeout.total_seconds() > 3600  # Airflow's own limit comes after the trigger's
    assert abs(deferral.trigger.deadline - time.time() - 3600) < 10
    assert deferral.trigger.client_args["labels"]["airflow-dag"] == "ingest_zendesk"
    tickets.land("tickets", DAY, 1)
    assert sensor.execute_complete(context, fire(deferral)) is None


@pytest.mark.parametrize("deferrable", [True, False])
def test_timeout_names_every_missing_table_and_day_and_the_fix(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any], deferrable: bool
) -> None:
    tickets.land("tickets", DAY, 1)
    users = replace(expectation, name="users")
    sensor = make(tickets, expectation, users, days="2026-11-21,2026-11-22", deferrable=deferrable)
    with pytest.raises(AirflowSensorTimeout) as error:
        run(sensor, context)
    fix = "the day's data has not landed. Check the Fivetran connector's sync log, then clear this task."
    assert str(error.value).splitlines()[1:] == [
        f"{tickets.name}.tickets has no partition 2026-11-21: {fix}",
        f"{tickets.name}.users has no partition 2026-11-21: {fix}",
        f"{tickets.name}.users has no partition 2026-11-22: {fix}",
    ]
    assert "3 partitions did not land within" in str(error.value)


@pytest.mark.parametrize("deferrable", [True, False])
def test_soft_fail_skips(tickets: Dataset, expectation: RawTable, context: dict[str, Any], deferrable: bool) -> None:
    sensor = make(tickets, expectation, soft_fail=True, deferrable=deferrable)
    with pytest.raises(AirflowSkipException):
        run(sensor, context)


def test_sparse_tables_are_not_waited_for(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    sensor = make(tickets, replace(expectation, expect="sparse"), deferrable=True)
    assert sensor.execute(context) is None


def test_error_in_the_triggerer_names_the_fix(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    event = {"status": "error", "message": "Forbidden: 403"}
    with pytest.raises(AirflowException, match=r"Forbidden: 403. Check connection google_cloud_default"):
        make(tickets, expectation).execute_complete(context, event)


def test_days_can_be_a_template(tickets: Dataset, expectation: RawTable, context: dict[str, Any]) -> None:
    tickets.land("tickets", DAY, 1)
    sensor = make(tickets, expectation, days="{{ days }}", deferrable=False)
    sensor.render_template_fields({**context, "days": ["2026-11-22"]})
    assert sensor.execute(context) is None


def test_rows_are_not_waited_for_where_the_connector_has_delivered(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    sensor = make(tickets, expectation, delivered="{{ syncs or '' }}", deferrable=True, timeout=3600)
    sensor.render_template_fields({**context, "syncs": {"warm_goose": "2026-11-23T00:41:00+00:00"}})
    assert sensor.execute(context) is None


def test_rows_are_waited_for_where_no_connector_was_asked(
    tickets: Dataset, expectation: RawTable, context: dict[str, Any]
) -> None:
    sensor = make(tickets, expectation, delivered="{{ syncs or '' }}", deferrable=True, timeout=3600)
    sensor.render_template_fields({**context, "syncs": None})
    assert deferred(sensor, context).method_name == "execute_complete"
