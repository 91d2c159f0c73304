"""What can happen to a running chain. Each fault has a moment, and is put right as whoever supervises services does."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from tools.chaos.world import World

SILVER, GOLD, INGESTION, ACTIVATION = "build_silver", "build_gold", "ingest_%", "activate_%"
# A full disk takes nothing above this size, in bytes: files that are there are larger.
FULL_BYTES = 4096


def nothing(_: World) -> None:
    """Nothing has to be put right."""


@dataclass(frozen=True)
class Fault:
    """Something that happens while a day runs.

    :param text: what happens.
    :param moment: it happens while a task of this DAG runs (a pattern of SQL's ``like``).
    :param begin: lets it happen.
    :param seconds: it lasts so long.
    :param end: puts it right.
    """

    text: str
    moment: str
    begin: Callable[[World], None]
    seconds: float = 0
    end: Callable[[World], None] = nothing


def killing(*services: str) -> Callable[[World], None]:
    """Return what kills services."""

    def kill(world: World) -> None:
        for service in services:
            world.stack.kill(service)

    return kill


def revive(world: World) -> None:
    """Start again what is down."""
    world.stack.revive()


def kill_metadata(world: World) -> None:
    """Kill the metadata database."""
    world.stack.metadata.kill()


def restart_metadata(world: World) -> None:
    """Start the metadata database again, and what could not do without it."""
    world.stack.metadata.restart()
    world.stack.revive()


def kill_machine(world: World) -> None:
    """Kill everything at once."""
    world.stack.metadata.kill()
    for service in ("scheduler", "triggerer", "warehouse"):
        world.stack.kill(service, group=True)


def kill_task(world: World) -> None:
    """Kill the process of a running task."""
    for task in world.running(GOLD):
        with suppress(ProcessLookupError):
            os.kill(int(task["pid"]), signal.SIGKILL)


def limit_files(size: int) -> Callable[[World], None]:
    """Return what lets no file of the warehouse grow beyond a size."""

    def limit(world: World) -> None:
        process = world.stack.process_id("warehouse")
        _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, most))

    return limit


def clear_silver(world: World) -> None:
    """Clear silver while gold builds on it."""
    world.stack.airflow("tasks", "clear", SILVER, "--yes")


def backfill_three_days(world: World) -> None:
    """Backfill silver beside the daily run."""
    last = world.days[-2]
    world.stack.backfill(SILVER, last - timedelta(days=2), last)


def land_again(world: World) -> None:
    """Land the newest day a second time."""
    day = world.days[-1]
    for dag_id in world.ingestion():
        world.runs.trigger(day, day, dag_id)


FAULTS = {
    "scheduler": Fault("the scheduler is killed while silver builds", SILVER, killing("scheduler"), 5, revive),
    "triggerer": Fault("the triggerer is killed while sources land", INGESTION, killing("triggerer"), 10, revive),
    "task": Fault("a task is killed while gold builds", GOLD, kill_task),
    "warehouse": Fault("the warehouse is killed while silver builds", SILVER, killing("warehouse"), 10, revive),
    "metadata": Fault("Airflow's metadata database is killed", SILVER, kill_metadata, 5, restart_metadata),
    "machine": Fault("everything is killed at once while gold builds", GOLD, kill_machine, 5, restart_metadata),
    "destinations": Fault(
        "the destinations are away for 20 s", ACTIVATION, lambda world: world.stack.end("destinations"), 20, revive
    ),
    "disk": Fault(
        "the warehouse's disk is full for 20 s",
        SILVER,
        limit_files(FULL_BYTES),
        20,
        limit_files(resource.RLIM_INFINITY),
    ),
    "clear": Fault("silver is cleared while gold builds", GOLD, clear_silver),
    "backfill": Fault("silver is backfilled for three days beside the run", SILVER, backfill_three_days),
    "twice": Fault("the day lands twice", GOLD, land_again),
}
