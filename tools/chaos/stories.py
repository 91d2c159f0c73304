"""Days that do not come as they should: two days of a sample, told otherwise than day by day."""

from __future__ import annotations

from collections.abc import Callable

from tools.chaos.world import World

GOLD = "build_gold"
TICKETS = "zendesk"


def late_source(world: World) -> None:
    """Tickets come two days late: their connector is broken meanwhile."""
    first, last = world.days[-2:]
    others = world.datasets() - {TICKETS}
    world.stack.fivetran.facts[TICKETS]["setup_state"] = "broken"
    for day in (first, last):
        world.sync(day, day, others)
        world.run_day(day)
    del world.stack.fivetran.facts[TICKETS]
    world.sync(first, last, {TICKETS})
    world.wake(f"ingest_{TICKETS}")


def sleeping_consumer(world: World) -> None:
    """Gold is paused for a day."""
    first, last = world.days[-2:]
    world.stack.airflow("dags", "pause", GOLD)
    world.sync_and_run(first)
    world.sync_and_run(last)
    world.stack.airflow("dags", "unpause", GOLD)
    world.wake(GOLD)


def missed_days(world: World) -> None:
    """Airflow is down for two days, while the connectors go on."""
    for day in world.days[-2:]:
        world.sync(day, day)
    world.wake(world.head)


def empty_day(world: World) -> None:
    """A day has no rows at all; they come when it has been built."""
    first, last = world.days[-2:]
    world.sync_and_run(first)
    world.run_day(last)
    world.sync(last, last)
    world.wake(*world.ingestion())


def triple_day(world: World) -> None:
    """An export has three times the visitors, and is corrected when the day has been built."""
    first, last = world.days[-2:]
    world.sync_and_run(first)
    world.sync(last, last)
    world.triple_export(last)
    world.run_day(last)
    world.sync(last, last)
    for dag_id in world.ingestion():
        world.runs.trigger(last, last, dag_id)


STORIES: dict[str, Callable[[World], None]] = {
    "late": late_source,
    "paused": sleeping_consumer,
    "missed": missed_days,
    "empty": empty_day,
    "triple": triple_day,
}
