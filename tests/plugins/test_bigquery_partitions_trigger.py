from __future__ import annotations

import asyncio
import threading
import time
from importlib import import_module
from typing import Any

from airflow.triggers.base import BaseTrigger
from martech.ingestion.partition_trigger import BigQueryPartitionsTrigger

from tests.plugins.sample import DAY, PROJECT, Dataset


def make(dataset: Dataset, tables: list[str], **kwargs: Any) -> BigQueryPartitionsTrigger:
    arguments = {"poke_interval": 0.05, "deadline": time.time() + 20, **kwargs}
    return BigQueryPartitionsTrigger(
        client_args={"project_id": PROJECT, "location": "US"},
        dataset_id=dataset.name,
        tables=tables,
        days=[DAY.isoformat()],
        **arguments,
    )


async def first_event(trigger: BaseTrigger) -> dict[str, Any]:
    async for event in trigger.run():
        return event.payload
    raise AssertionError("the trigger ended without an event")


def test_fires_when_the_last_table_lands(dataset: Dataset) -> None:
    dataset.create_table("tickets")
    dataset.create_table("users")
    dataset.land("tickets", DAY, 1)

    async def land_while_waiting() -> dict[str, Any]:
        waiting = asyncio.create_task(first_event(make(dataset, ["tickets", "users"])))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await asyncio.to_thread(dataset.land, "users", DAY, 1)
        return await waiting

    assert asyncio.run(land_while_waiting()) == {"status": "landed"}


def test_does_not_block_the_event_loop(dataset: Dataset) -> None:
    dataset.create_table("tickets")
    trigger = make(dataset, ["tickets"])
    is_asked, loop_goes_on = threading.Event(), threading.Event()
    went_on = []

    def missing() -> list[str]:
        is_asked.set()
        went_on.append(loop_goes_on.wait(timeout=30))
        return []

    trigger._missing = missing

    async def wait_and_watch() -> None:
        waiting = asyncio.create_task(first_event(trigger))
        while not waiting.done():
            await asyncio.sleep(0.01)
            if is_asked.is_set():
                loop_goes_on.set()

    asyncio.run(wait_and_watch())
    assert went_on == [True]


def test_gives_up_at_the_deadline_naming_what_is_missing(dataset: Dataset) -> None:
    dataset.create_table("tickets")
    event = asyncio.run(first_event(make(dataset, ["tickets", "nowhere"], deadline=time.time())))
    assert event == {
        "status": "timeout",
        "missing": [("tickets", "2026-11-22"), ("nowhere", "2026-11-22")],
    }


def test_an_error_becomes_an_event(dataset: Dataset) -> None:
    event = asyncio.run(first_event(make(dataset, ["no identifier"])))
    assert event["status"] == "error"
    assert "not a valid BigQuery name" in event["message"]


def test_a_triggerer_can_make_it_again(dataset: Dataset) -> None:
    path, arguments = make(dataset, ["tickets"]).serialize()
    module, name = path.rsplit(".", 1)
    again = getattr(import_module(module), name)(**arguments)
    assert again.serialize() == (path, arguments)
