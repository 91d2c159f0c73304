"""Which data days a run works on: resolved once, the same way in every DAG.

In the chain they are what the first task has chosen: an order (the run's params, or the day of a backfill), or the days
that are ready. In other DAGs, and where a task is tried alone, they come from the run's params, the asset events that
triggered it, or its data interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException
from jinja2 import pass_context
from martech.days.operators import CHOOSE_DAYS

START, END = "start_date", "end_date"
ONE_DAY = timedelta(days=1)
BACKFILL = "backfill"  # what both Airflow lines call the type of such a run


class WindowError(AirflowFailException, ValueError):
    """The window cannot be used; the message names the key and the fix. Airflow does not try again: it stays wrong."""


@dataclass(frozen=True)
class Window:
    """Data days, both ends included (UTC).

    :param start: first day.
    :param end: last day, not before ``start``.
    """

    start: date
    end: date

    @property
    def days(self) -> list[date]:
        """All days of the window, oldest first."""
        return [self.start + timedelta(days=n) for n in range((self.end - self.start).days + 1)]

    def as_dict(self) -> dict[str, str]:
        """Return what an asset event's ``extra``, dbt's vars and a run's conf carry."""
        return {START: self.start.isoformat(), END: self.end.isoformat()}


def _day(value: Any, key: str, origin: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise WindowError(f"{key}={value!r} in {origin} is not a date: write it as YYYY-MM-DD.") from None


def _pair(values: Mapping[str, Any], origin: str) -> tuple[date, date] | None:
    given = [key for key in (START, END) if values.get(key)]
    if not given:
        return None
    if len(given) == 1:
        raise WindowError(f"{origin} has {given[0]} only: give both {START} and {END}, or neither.")
    return _day(values[START], START, origin), _day(values[END], END, origin)


def _from_events(extras: Iterable[Mapping[str, Any]]) -> tuple[date, date] | None:
    # An event without dates (someone marked the asset as updated by hand) doesn't narrow the window.
    pairs = [pair for extra in extras if (pair := _pair(extra or {}, "an asset event's extra"))]
    if not pairs:
        return None
    return min(start for start, _ in pairs), max(end for _, end in pairs)


def _from_interval(interval: tuple[datetime, datetime] | None, run_at: datetime) -> tuple[date, date]:
    if interval is None or interval[0] == interval[1]:
        # A run by hand has no interval of its own: it means yesterday, as seen from the run.
        yesterday = run_at.astimezone(UTC).date() - ONE_DAY
        return yesterday, yesterday
    start, end = (moment.astimezone(UTC).date() for moment in interval)
    # A schedule of 00:30 gives intervals that reach into a day that has not ended: it belongs to the next run.
    last = end - ONE_DAY
    return min(start, last), last


def resolve_window(
    *,
    params: Mapping[str, Any],
    event_extras: Iterable[Mapping[str, Any]],
    interval: tuple[datetime, datetime] | None,
    run_at: datetime,
    today: date,
) -> Window:
    """Return the window of a run.

    :param params: the run's params; ``start_date`` and ``end_date`` (YYYY-MM-DD) if both are set.
    :param event_extras: ``extra`` of every triggering asset event; the window spans all of them.
    :param interval: data interval, end excluded; None or of no length for a run without one.
    :param run_at: logical date of the run, or when it was asked for; aware.
    :param today: the current UTC day; data days after it are refused.
    :raises WindowError: for a value that is no date, a lone bound, start after end, or a future day.
    """
    start, end = _pair(params, "the run's params") or _from_events(event_extras) or _from_interval(interval, run_at)
    if start > end:
        raise WindowError(f"{START} {start} is after {END} {end}: swap them.")
    if end > today:
        raise WindowError(f"{END} {end} is in the future (today is {today}, UTC): choose an earlier day.")
    return Window(start, end)


def _event_extras(context: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the extras of the triggering events; Airflow 2.11 calls assets datasets."""
    events = context.get("triggering_asset_events")
    if events is None:
        events = context.get("triggering_dataset_events") or {}
    return [event.extra or {} for asset_events in events.values() for event in asset_events]


def _require_known(conf: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """Refuse a key that no param of the DAG has: Airflow would pass over it, and the run would mean other days."""
    unknown = sorted(conf.keys() - params.keys())
    if unknown:
        raise WindowError(
            f"the run's conf has {', '.join(unknown)}, which this DAG does not know: use some of {', '.join(params)}."
        )


def ordered_days(context: Mapping[str, Any], today: date | None = None) -> list[date] | None:
    """Return the days that somebody has asked a run for, by its params or by a backfill; None where nobody has.

    :param context: the task's context.
    :param today: the current UTC day, if not the clock's.
    :raises WindowError: see :func:`resolve_window`.
    """
    _require_known(getattr(context["dag_run"], "conf", None) or {}, context.get("params") or {})
    if context["dag_run"].run_type == BACKFILL or _pair(context.get("params") or {}, "the run's params"):
        return _resolved(context, today).days
    return None


def window_of(context: Mapping[str, Any], today: date | None = None) -> Window:
    """Return the window of a running task, on both Airflow lines.

    :param context: the task's context.
    :param today: the current UTC day, if not the clock's.
    :raises WindowError: see :func:`resolve_window`.
    """
    chosen = context["ti"].xcom_pull(task_ids=CHOOSE_DAYS) if "ti" in context else None
    if chosen and chosen["days"]:
        return Window(date.fromisoformat(chosen[START]), date.fromisoformat(chosen[END]))
    return _resolved(context, today)


def _resolved(context: Mapping[str, Any], today: date | None) -> Window:
    dag_run = context["dag_run"]
    params = context.get("params") or {}
    _require_known(getattr(dag_run, "conf", None) or {}, params)
    bounds = (dag_run.data_interval_start, dag_run.data_interval_end)
    # Airflow 3 has no logical date for runs that assets trigger, Airflow 2.11 has no run_after.
    run_at = getattr(dag_run, "logical_date", None) or dag_run.run_after
    return resolve_window(
        params=params,
        event_extras=_event_extras(context),
        interval=bounds if all(bounds) else None,
        run_at=run_at,
        today=today or datetime.now(UTC).date(),
    )


@pass_context
def _macro_days(context: Mapping[str, Any]) -> str:
    return ",".join(day.isoformat() for day in window_of(context).days)


@pass_context
def _macro_start(context: Mapping[str, Any]) -> str:
    return window_of(context).start.isoformat()


@pass_context
def _macro_end(context: Mapping[str, Any]) -> str:
    return window_of(context).end.isoformat()


# For a DAG's `user_defined_macros`: templates then say {{ window_days() }}, and the UI shows the days.
WINDOW_MACROS = {"window_days": _macro_days, "window_start": _macro_start, "window_end": _macro_end}
