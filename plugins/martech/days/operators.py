"""The first and the last task of every DAG of the chain: choose the days, and publish them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from martech.days.chain import Chain, ChainError, Log, State, grown_days
from martech.days.day_log import DayLogClient, Entry, Origin
from martech.warehouse.days import parse_days
from martech.warehouse.operators import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Asset, Context

CHOOSE_DAYS = "choose_days"
# What Airflow 3 calls a run that another DAG has triggered, 2.11 calls manual.
BY_HAND = ("manual", "operator_triggered")
# The run's param by which days of sources are given up, and what it must say.
ACCEPT = "accept_sources"
SOURCES, DAYS, WHO, WHY = "sources", "days", "who", "why"


@dataclass(frozen=True)
class RawDays:
    """Where the rows of a source's days are counted.

    :param dataset_id: dataset of the raw tables.
    :param late_days: of each raw table, how many days before a day are built with it.
    """

    dataset_id: str
    late_days: Mapping[str, int]

    def counts(self, client: DayLogClient, days: Sequence[date]) -> dict[str, dict[date, int]]:
        """Return rows by table and day, from the first to the last of some days.

        :param client: the warehouse.
        :param days: at least one day.
        """
        return client.rows_by_day(self.dataset_id, list(self.late_days), min(days), max(days))


class ChainOperator(WarehouseOperator):
    """Knows the chain, its log, and the step that its DAG is.

    :param load_chain: returns the chain; called when the task runs.
    :param day_log: ``project.dataset.table``, shaped like ``include/sql/ops/day_log.sql`` (templated).
    :param load_raw_days: returns where rows are counted, of a source; called when the task runs.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "day_log")
    ui_color = "#ede7f6"

    def __init__(
        self,
        *,
        load_chain: Callable[[], Chain],
        day_log: str,
        load_raw_days: Callable[[], RawDays] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.load_chain = load_chain
        self.day_log = day_log
        self.load_raw_days = load_raw_days

    @staticmethod
    def _today() -> date:
        return datetime.now(UTC).date()

    @staticmethod
    def _origin(context: Context) -> Origin:
        return Origin(context["ti"].dag_id, context["ti"].run_id)


class ChooseDaysOperator(ChainOperator):
    """Chooses the days of a run: those that were ordered, those that this run chose before, or those that are ready.

    Logs which days every step waits for. Ends as skipped where there is nothing to do, and the run with it.

    Returns (to XCom) ``days``, ``start_date`` and ``end_date``, the versions that were ``read`` by day, and whether
    the days were ``ordered``.

    :param ordered: returns the days that somebody has asked this run for, None where nobody has.
    :param runs_without_days: whether a run by hand goes on where no day is ready.
    :param kwargs: see :class:`ChainOperator`.
    :raises AirflowSkipException: where there is nothing to do.
    :raises AirflowFailException: for a wrong order, or days that are accepted without who, why or which.
    """

    def __init__(
        self,
        *,
        ordered: Callable[[Context], Sequence[date] | None],
        runs_without_days: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(task_id=CHOOSE_DAYS, **kwargs)
        self.ordered = ordered
        self.runs_without_days = runs_without_days

    def execute(self, context: Context) -> dict[str, Any]:
        """Accept what is given up, look, choose, and keep the choice."""
        client = self.warehouse(context, DayLogClient)
        chain, origin, today = self.load_chain(), self._origin(context), self._today()
        try:
            order = self.ordered(context)
            self._accept(client, chain, context)
        except ValueError as error:
            raise AirflowFailException(str(error)) from error
        log = client.marks(self.day_log, chain.first_day(today))
        step = chain.step(origin.dag_id).name
        self._tell(chain, log, today)
        former = client.choice(self.day_log, origin) if order is None else None
        days, is_ordered = former or (order or self._ready(client, chain, log, step), order is not None)
        by_hand = context["dag_run"].run_type in BY_HAND
        if not days and not (self.runs_without_days and by_hand):
            raise AirflowSkipException(f"{step} has nothing to do: {self._why(chain, log, step, today)}")
        read = {day: chain.versions(log, step, day) for day in days}
        entries = [Entry(day, read[day]) for day in days]
        client.append(self.day_log, "chosen", step, entries, origin, is_ordered=is_ordered)
        names = [day.isoformat() for day in days]
        self.log.info("%s works on %s%s.", step, ", ".join(names) or "no day", ", as ordered" if is_ordered else "")
        return {
            "days": names,
            "start_date": names[0] if names else None,
            "end_date": names[-1] if names else None,
            "read": {day.isoformat(): sorted(versions) for day, versions in read.items()},
            "ordered": is_ordered,
        }

    def _accept(self, client: DayLogClient, chain: Chain, context: Context) -> None:
        """Keep that days of sources are given up, by whom and why.

        :raises ChainError: where who, why or which days is missing, or there is no such source.
        """
        params: Mapping[str, Any] = context.get("params") or {}
        accepted: Mapping[str, Any] | None = params.get(ACCEPT)
        if not accepted:
            return
        missing = [name for name in (SOURCES, DAYS, WHO, WHY) if not accepted.get(name)]
        if missing:
            raise ChainError(
                f"{ACCEPT} gives days of sources up, and lacks {', '.join(missing)}: say which {SOURCES}, which {DAYS} "
                f"(YYYY-MM-DD, with commas between them), {WHO} does so, and {WHY}."
            )
        days = parse_days(accepted[DAYS])
        for step in [chain.step(f"ingest_{name}").name for name in accepted[SOURCES]]:
            client.append(
                self.day_log, "accepted", step, [Entry(day) for day in days], self._origin(context),
                is_ordered=True, accepted_by=accepted[WHO], reason=accepted[WHY],
            )  # fmt: skip
            self.log.warning("%s gives up %s of %s: %s", accepted[WHO], accepted[DAYS], step, accepted[WHY])

    def _ready(self, client: DayLogClient, chain: Chain, log: Log, step: str) -> list[date]:
        days = chain.choose(log, step, self._today())
        published = [day for day, mark in log.get(step, {}).items() if mark.version]
        if days or self.load_raw_days is None or not published:
            return days
        raw_days = self.load_raw_days()
        # A day that was only ever ordered waits for the head, as any other.
        grown = chain.begun(log, grown_days(log[step], raw_days.counts(client, published), raw_days.late_days))
        if grown:
            self.log.warning("%s got rows for %s after they were published.", step, ", ".join(map(str, grown)))
        return chain.first_range(grown)

    def _tell(self, chain: Chain, log: Log, today: date) -> None:
        """Log one table of what every step waits for."""
        lines = [
            f"{day}  " + "; ".join(f"{name} {state}" for name, state in states.items())
            for day, states in chain.open_states(log, today)
        ]
        self.log.info("Days that are not done:\n%s", "\n".join(lines) or "none")

    @staticmethod
    def _why(chain: Chain, log: Log, step: str, today: date) -> str:
        waits = [
            f"{day} waits for {', '.join(states[step].lacks)}"
            for day, states in chain.open_states(log, today)
            if step in states and states[step].state is State.WAITING
        ]
        return "; ".join(waits) or "all that has been published is built."


class PublishDaysOperator(ChainOperator):
    """Says that the days of the run are built, and wakes what waits for them.

    Returns (to XCom) ``start_date`` and ``end_date``, which the asset's event carries too.

    :param asset: the asset to update.
    :param kwargs: see :class:`ChainOperator`.
    :raises AirflowFailException: where no days were chosen.
    """

    def __init__(self, *, asset: Asset | None = None, task_id: str = "publish_days", **kwargs: Any) -> None:
        super().__init__(task_id=task_id, outlets=[asset] if asset else [], **kwargs)
        self.asset = asset

    def execute(self, context: Context) -> dict[str, Any]:
        """Keep and tell."""
        choice = context["ti"].xcom_pull(task_ids=CHOOSE_DAYS)
        if choice is None:
            raise AirflowFailException(f"The run has chosen no days: clear {CHOOSE_DAYS}.")
        client, origin = self.warehouse(context, DayLogClient), self._origin(context)
        days = [date.fromisoformat(day) for day in choice["days"]]
        counts = self._counts(client, origin.dag_id, days) if days else {}
        entries = [Entry(day, choice["read"][day.isoformat()], counts.get(day, {})) for day in days]
        client.append(self.day_log, "published", origin.dag_id, entries, origin, is_ordered=choice["ordered"])
        earlier = [Entry(day, row_counts=rows) for day, rows in counts.items() if day not in days]
        client.append(self.day_log, "counted", origin.dag_id, earlier, origin, is_ordered=choice["ordered"])
        window = {key: choice[key] for key in ("start_date", "end_date")}
        if self.asset:
            context["outlet_events"][self.asset].extra = window
        return window

    def _counts(self, client: DayLogClient, step: str, days: Sequence[date]) -> dict[date, dict[str, int]]:
        """Return the rows of the days by table, and of earlier published days whose late rows are built with them."""
        if self.load_raw_days is None:
            return {}
        chain, raw_days = self.load_chain(), self.load_raw_days()
        marks = client.marks(self.day_log, chain.first_day(self._today())).get(step, {})
        tables = raw_days.counts(client, [*days, *marks])
        found = {}
        for day in sorted({*days, *(day for day, mark in marks.items() if mark.version)}):
            built_with = {
                table for table, late in raw_days.late_days.items()
                if any(0 <= (newer - day).days <= late for newer in days)
            }  # fmt: skip
            if built_with:
                former = marks[day].row_counts if day in marks else {}
                found[day] = {
                    table: rows.get(day, 0) if table in built_with else former.get(table, rows.get(day, 0))
                    for table, rows in tables.items()
                }
        return found
