"""Measures what jobs and storage cost, and checks it: days that cost too much, and the month against its budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.alerts.messages import Alert
from martech.alerts.severity import Severity
from martech.costs.anomaly import WEEKS, Anomaly, find_anomaly
from martech.costs.forecast import Forecast, forecast_month
from martech.costs.prices import Prices
from martech.warehouse.client import WarehouseClient
from martech.warehouse.days import parse_days
from martech.warehouse.ddl import render
from martech.warehouse.operators import WarehouseOperator
from martech.warehouse.statements import statement

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

STORAGE = "(storage)"
Spending = dict[str, dict[date, Decimal]]


def yesterday_of(now: datetime) -> date:
    """Return the newest day that has ended."""
    return now.date() - timedelta(days=1)


class MeasureCostsOperator(WarehouseOperator):
    """Runs a statement per day that measures the day's jobs, and one that measures storage, each replacing the day.

    BigQuery reports the jobs of the last 180 days, but only today's storage: it is recorded for yesterday and today,
    never for an older day. Returns (to XCom) the rows written, by statement.

    :param jobs_file: SQL file with the parameters ``day``, ``measured_at`` and the prices, a Jinja template.
    :param storage_file: the same for storage.
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
        jobs_file: Path,
        storage_file: Path,
        sql_context: Mapping[str, Any],
        prices: Prices,
        days: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.jobs_file = jobs_file
        self.storage_file = storage_file
        self.sql_context = sql_context
        self.prices = prices
        self.days = days

    def execute(self, context: Context) -> dict[str, int]:
        """Measure every day."""
        client = self.warehouse(context)
        yesterday = yesterday_of(datetime.now(UTC))
        written = {"jobs": 0, "storage": 0}
        for day in parse_days(self.days):
            written["jobs"] += self._measure(client, self.jobs_file, day)
            if day >= yesterday:
                written["storage"] += self._measure(client, self.storage_file, day)
            else:
                self.log.info("Storage of %s is not recorded: BigQuery reports only what it is now.", day)
        return written

    def _measure(self, client: WarehouseClient, file: Path, day: date) -> int:
        sql = render(file, self.sql_context)
        rows = client.change(sql, day=day, measured_at=datetime.now(UTC), **self.prices.values())
        self.log.info("%s %s: %d rows written or replaced.", file.stem, day, rows)
        return rows


class CheckCostsOperator(WarehouseOperator):
    """Warns of spenders that cost more than usual and of a month that will exceed its budget; fails far above it.

    Days that have not ended are not checked while there are others. Returns (to XCom) the forecast and the anomalies.

    :param costs_file: SQL file that gives ``cost_day``, ``spender`` and ``cost_usd`` between ``first_day`` and
        ``last_day``, a Jinja template.
    :param sql_context: values for the template.
    :param days: days to check: ISO dates, an XCom, or a template that gives them between commas (templated).
    :param monthly_budget_usd: what a month may cost, US dollars.
    :param budget_error_share: a forecast above the budget by this share fails the task.
    :param anomaly_minimum_usd: a rise of less is never worth a warning, US dollars.
    :param budget_setting: how messages call the budget: what to raise, and where.
    :param alarms_table: ``project.dataset.table``, shaped like ``include/sql/ops/budget_alarms.sql``, which keeps for
        what a month has failed already; None fails in every run (templated).
    :param alert: how a warning is sent; None only logs it.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowFailException: where the forecast exceeds the budget by more than ``budget_error_share``, once, and
        again for every further ``budget_error_share``: a month cannot be made cheaper afterwards.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "days", "alarms_table")
    ui_color = "#f3e5f5"

    def __init__(  # noqa: PLR0913 - the policy
        self,
        *,
        costs_file: Path,
        sql_context: Mapping[str, Any],
        days: Any,
        monthly_budget_usd: Decimal,
        budget_error_share: Decimal,
        anomaly_minimum_usd: Decimal,
        budget_setting: str = "the budget",
        alarms_table: str | None = None,
        alert: Callable[[Alert, Context], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.costs_file = costs_file
        self.sql_context = sql_context
        self.days = days
        self.monthly_budget_usd = monthly_budget_usd
        self.budget_error_share = budget_error_share
        self.anomaly_minimum_usd = anomaly_minimum_usd
        self.budget_setting = budget_setting
        self.alarms_table = alarms_table
        self.alert = alert

    def execute(self, context: Context) -> dict[str, Any]:
        """Check every day, then the month of the last one."""
        days = parse_days(self.days)
        today = datetime.now(UTC).date()
        days = [day for day in days if day < today] or days
        client = self.warehouse(context)
        spending = self._spending(client, days)
        anomalies = [
            anomaly
            for day in days
            for spender, history in spending.items()
            if (anomaly := find_anomaly(spender, day, history, self.anomaly_minimum_usd))
        ]
        for anomaly in anomalies:
            self._warn(_anomaly_alert(anomaly), context)
        forecast = self._forecast(spending, days[-1])
        self.log.info(
            "%s: $%.2f to date, $%.2f expected, budget $%.2f (%d days of history).",
            f"{forecast.month:%B %Y}",
            forecast.to_date,
            forecast.total,
            self.monthly_budget_usd,
            forecast.days_known,
        )
        self._check_budget(client, forecast, context)
        return {
            "month": f"{forecast.month:%Y-%m}",
            "to_date_usd": f"{forecast.to_date:.2f}",
            "forecast_usd": f"{forecast.total:.2f}",
            "anomalies": [f"{anomaly.spender} {anomaly.day}: ${anomaly.cost:.2f}" for anomaly in anomalies],
        }

    def _spending(self, client: WarehouseClient, days: Sequence[date]) -> Spending:
        first = min(days[0] - timedelta(weeks=WEEKS), days[-1].replace(day=1))
        rows = client.query(render(self.costs_file, self.sql_context), first_day=first, last_day=days[-1])
        spending: Spending = {}
        for row in rows:
            spending.setdefault(row.spender, {})[row.cost_day] = Decimal(row.cost_usd)
        return spending

    @staticmethod
    def _forecast(spending: Spending, last_day: date) -> Forecast:
        jobs: dict[date, Decimal] = {}
        for spender, history in spending.items():
            for day, cost in history.items():
                if spender != STORAGE:
                    jobs[day] = jobs.get(day, Decimal(0)) + cost
        # Apart, because storage of backfilled days was never measured.
        for_jobs = forecast_month(jobs, last_day)
        for_storage = forecast_month(spending.get(STORAGE, {}), last_day)
        return Forecast(
            for_jobs.month,
            for_jobs.to_date + for_storage.to_date,
            for_jobs.total + for_storage.total,
            for_jobs.days_known,
        )

    def _check_budget(self, client: WarehouseClient, forecast: Forecast, context: Context) -> None:
        if forecast.total <= self.monthly_budget_usd:
            return
        alert = _budget_alert(forecast, self.monthly_budget_usd, self.budget_setting)
        if not forecast.is_sound:
            self.log.warning("%s Not alerted: %d days of history.", alert.reason, forecast.days_known)
        elif forecast.total > self.monthly_budget_usd * (1 + self.budget_error_share):
            if self._is_told(client, forecast, context):
                self.log.warning("%s. %s An earlier run has failed for it.", alert.title, alert.reason)
                return
            # A retry would find the same; the failure callback sends the alert.
            raise AirflowFailException(f"{alert.title}. {alert.reason}\n{alert.fix}")
        else:
            self._warn(alert, context)

    def _is_told(self, client: WarehouseClient, forecast: Forecast, context: Context) -> bool:
        """Return whether another run has failed for as much already; keep that this one does, if not."""
        if self.alarms_table is None:
            return False
        level = budget_level(forecast.total, self.monthly_budget_usd, self.budget_error_share)
        run_id = context["ti"].run_id
        rows = client.query(
            statement("costs/sql/told_level.sql", alarms=self.alarms_table),
            month=forecast.month,
            budget=self.monthly_budget_usd,
            run_id=run_id,
        )
        if next(iter(rows)).level >= level:
            return True
        row = {
            "month": forecast.month.isoformat(),
            "level": level,
            "forecast_usd": f"{forecast.total:.2f}",
            "budget_usd": str(self.monthly_budget_usd),
            "run_id": run_id,
            "told_at": datetime.now(UTC).isoformat(),
        }
        client.append_rows(self.alarms_table, [row])
        return False

    def _warn(self, alert: Alert, context: Context) -> None:
        self.log.warning("%s. %s %s", alert.title, alert.reason, alert.fix)
        if self.alert:
            self.alert(alert, context)


def budget_level(total: Decimal, budget: Decimal, share: Decimal) -> int:
    """Return how many whole times ``share`` a month costs more than its budget; 1 where that has no end.

    :param total: what the month costs, US dollars.
    :param budget: what it may cost, US dollars.
    :param share: share of the budget that is one level.
    """
    step = budget * share
    return int((total - budget) / step) if step else 1


def _anomaly_alert(anomaly: Anomaly) -> Alert:
    return Alert(
        title=f"{anomaly.spender} cost ${anomaly.cost:.2f} on {anomaly.day}, usually ${anomaly.usual:.2f}",
        reason=f"The limit is ${anomaly.limit:.2f}, from {anomaly.basis}.",
        fix=(
            f"Select cost_day = '{anomaly.day}' in ops.job_costs by task_id, dbt_model and user_email (storage: in "
            "ops.storage_costs). Backfills and full refreshes are expected; otherwise look for a lost partition filter."
        ),
        severity=Severity.WARNING,
    )


def _budget_alert(forecast: Forecast, budget: Decimal, budget_setting: str) -> Alert:
    return Alert(
        title=f"{forecast.month:%B %Y} will cost ${forecast.total:.2f}, its budget is ${budget:.2f}",
        reason=f"${forecast.to_date:.2f} are spent so far; the days left are expected to cost what such days did.",
        fix=(
            f"Find the largest spenders of the month in ops.job_costs and ops.storage_costs, or raise {budget_setting}."
        ),
        severity=Severity.WARNING,
    )
