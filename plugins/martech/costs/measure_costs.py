"""Measures what jobs and storage cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.cloud import bigquery

from martech.costs.prices import Prices
from martech.warehouse.days import parse_days
from martech.warehouse.ddl import render
from martech.warehouse.hook import WarehouseHook
from martech.warehouse.operator import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


def yesterday_of(now: datetime) -> date:
    """Return the newest day that has ended."""
    return now.date() - timedelta(days=1)


class MeasureCostsOperator(WarehouseOperator):
    """Runs a statement per day that measures the day's jobs, and one that measures storage, each replacing the day.

    BigQuery tells the jobs of the last 180 days, but only today's storage: it is recorded for yesterday and today,
    never for an older day. Returns (to XCom) the rows written, by statement.

    :param jobs: SQL file with the parameters ``day``, ``measured_at`` and the prices, a Jinja template.
    :param storage: the same for storage.
    :param sql_context: values for the templates.
    :param prices: what BigQuery charges.
    :param days: days to measure: ISO dates, an XCom, or a template that gives them between commas (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises DdlError: where a file cannot be rendered.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "days")
    ui_color = "#f3e5f5"

    def __init__(
        self,
        *,
        jobs: Path,
        storage: Path,
        sql_context: Mapping[str, Any],
        prices: Prices,
        days: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.jobs = jobs
        self.storage = storage
        self.sql_context = sql_context
        self.prices = prices
        self.days = days

    def execute(self, context: Context) -> dict[str, int]:
        """Measure every day."""
        hook = self.warehouse(context)
        yesterday = yesterday_of(datetime.now(UTC))
        written = {"jobs": 0, "storage": 0}
        for day in parse_days(self.days):
            written["jobs"] += self._measure(hook, self.jobs, day)
            if day >= yesterday:
                written["storage"] += self._measure(hook, self.storage, day)
            else:
                self.log.info("Storage of %s is not recorded: BigQuery tells only what it is now.", day)
        return written

    def _measure(self, hook: WarehouseHook, file: Path, day: date) -> int:
        parameters = [
            bigquery.ScalarQueryParameter("day", "DATE", day),
            bigquery.ScalarQueryParameter("measured_at", "TIMESTAMP", datetime.now(UTC)),
            *self.prices.parameters(),
        ]
        config = bigquery.QueryJobConfig(query_parameters=parameters)
        job = hook.client.query(render(file, self.sql_context), job_config=config)
        job.result()
        rows = job.num_dml_affected_rows or 0
        self.log.info("%s %s: %d rows written or replaced.", file.stem, day, rows)
        return rows
