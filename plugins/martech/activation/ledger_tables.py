"""The tables of a sync's memory (``include/sql/ops/activation_*``), and how they are read and written."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import bigquery
from google.cloud.bigquery.table import RowIterator

from martech.activation.destinations import DESTINATIONS
from martech.activation.sync import Sync
from martech.warehouse.statements import Sql, run

PLAN_TIME = "%Y%m%dT%H%M%SZ"
# Results are stamped by other machines than the plan.
CLOCK_SKEW = timedelta(hours=1)


class LedgerTables:
    """The tables of one sync.

    :param client: BigQuery client.
    :param sync: the declaration.
    :param table: full name of ``layer.table``.
    :param run_id: the Airflow run.
    """

    def __init__(self, client: bigquery.Client, sync: Sync, *, table: Callable[[str], str], run_id: str) -> None:
        self._client = client
        self._sync = sync
        self.table = table
        self._run_id = run_id
        self._hook = DESTINATIONS[sync.destination]
        self._state = table("ops.activation_state")
        self._outbox = table("ops.activation_outbox")
        self._changelog = table("ops.activation_changelog")
        self._dead_letters = table("ops.activation_dead_letters")

    def _rows(self, sql: Sql, **values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self._query(sql, **values)]

    def _query(self, sql: Sql, *, page_size: int | None = None, **values: Any) -> RowIterator:
        return run(self._client, sql, {"sync_name": self._sync.name, **values}, page_size=page_size)

    def _load(self, table: str, rows: list[dict[str, Any]]) -> None:
        config = bigquery.LoadJobConfig(
            source_format="NEWLINE_DELIMITED_JSON",
            schema=self._client.get_table(table).schema,
            write_disposition="WRITE_APPEND",
        )
        lines = io.BytesIO("\n".join(json.dumps(row) for row in rows).encode())
        self._client.load_table_from_file(lines, table, job_config=config).result()


def of_plan(plan_id: str) -> dict[str, Any]:
    """Return the parameters of a plan; no result is older than the plan, which spares old partitions."""
    return {"plan_id": plan_id, "since": planned_at(plan_id) - CLOCK_SKEW}


def planned_at(plan_id: str) -> datetime:
    """Return when a plan was made, in whole seconds."""
    return datetime.strptime(plan_id.split("-", maxsplit=1)[0], PLAN_TIME).replace(tzinfo=UTC)
