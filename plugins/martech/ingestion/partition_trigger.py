"""Waits in the triggerer for partitions to land."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from martech.ingestion.partition_checks import was_synced_later
from martech.ingestion.volumes import TRAILING_DAYS
from martech.warehouse.days import parse_days
from martech.warehouse.partitions_client import PartitionsClient


def missing_partitions(  # noqa: PLR0913 - what is awaited, of what
    client: PartitionsClient,
    dataset_id: str,
    tables: Sequence[str],
    days: Sequence[str],
    *,
    siblings: Sequence[str] = (),
    today: date | None = None,
) -> list[tuple[str, str]]:
    """Return the (table, day) pairs whose partition has no rows yet, in order.

    A day is not missed where another table of the source has rows of a later one: the source was synced after the
    day had ended, and the table has no rows of it.

    :param client: reads the partitions.
    :param dataset_id: dataset of the tables.
    :param tables: table ids.
    :param days: ISO dates.
    :param siblings: further tables of the source, which need not have rows every day.
    :param today: the current UTC day, if not the clock's.
    """
    wanted = parse_days(days)
    last = max(wanted[-1], today or datetime.now(UTC).date())
    first = wanted[0] - timedelta(days=TRAILING_DAYS)
    rows = client.rows_by_day(dataset_id, [*tables, *siblings], first, last)
    return [
        (table, day.isoformat())
        for table in tables
        for day in wanted
        if not rows[table].get(day) and not was_synced_later(table, day, rows)
    ]


class BigQueryPartitionsTrigger(BaseTrigger):
    """Fires when every table has a partition for every day, or at the deadline.

    Its event says ``status``: ``landed``, ``timeout`` (with ``missing`` pairs) or ``error`` (with ``message``).

    :param client_args: arguments of :class:`~martech.warehouse.partitions_client.PartitionsClient`.
    :param dataset_id: dataset of the tables.
    :param tables: table ids.
    :param days: ISO dates.
    :param siblings: further tables of the source, see :func:`missing_partitions`.
    :param poke_interval: seconds between looks.
    :param deadline: Unix time, in seconds, after which it gives up.
    """

    def __init__(  # noqa: PLR0913 - what to wait for, where and how long
        self,
        *,
        client_args: dict[str, Any],
        dataset_id: str,
        tables: Sequence[str],
        days: Sequence[str],
        poke_interval: float,
        deadline: float,
        siblings: Sequence[str] = (),
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow 2.11 has no annotation there
        self.client_args = client_args
        self.dataset_id = dataset_id
        self.tables = list(tables)
        self.days = list(days)
        self.siblings = list(siblings)
        self.poke_interval = poke_interval
        self.deadline = deadline

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and arguments from which a triggerer makes this trigger again."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "client_args": self.client_args,
                "dataset_id": self.dataset_id,
                "tables": self.tables,
                "days": self.days,
                "siblings": self.siblings,
                "poke_interval": self.poke_interval,
                "deadline": self.deadline,
            },
        )

    def _missing(self) -> list[tuple[str, str]]:
        client = PartitionsClient(**self.client_args)
        return missing_partitions(client, self.dataset_id, self.tables, self.days, siblings=self.siblings)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look every ``poke_interval`` seconds, in a thread, since BigQuery's client blocks.

        The task has looked before it deferred, so that the first look comes an interval later.
        """
        look = sync_to_async(self._missing, thread_sensitive=False)
        while True:
            await asyncio.sleep(min(self.poke_interval, max(self.deadline - time.time(), 0)))
            try:
                missing = await look()
            except Exception as error:
                # Whatever it is, the task must hear of it: an exception here would leave it without a reason.
                yield TriggerEvent({"status": "error", "message": f"{type(error).__name__}: {error}"})
                return
            if not missing:
                yield TriggerEvent({"status": "landed"})
                return
            if time.time() >= self.deadline:
                yield TriggerEvent({"status": "timeout", "missing": missing})
                return
            self.log.info("Waiting for %d partitions, such as %s %s.", len(missing), *missing[0])
