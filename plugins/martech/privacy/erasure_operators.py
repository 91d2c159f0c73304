"""The steps of an erasure.

An erasure finds the person first. Destinations come second, since only our memory of them says what they hold. Then
the warehouse itself, and at last the proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, AirflowSkipException

from martech.privacy.erasure import Erasure
from martech.privacy.person_operators import PersonOperator
from martech.privacy.person_request import PersonError
from martech.warehouse.operators import WarehouseOperator
from martech.warehouse.statements import statement

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class ErasureOperator(PersonOperator):
    """A step of an erasure; those of a request that is proven are skipped."""

    def execute(self, context: Context) -> Any:
        """Do the step; what a retry cannot fix fails at once.

        :raises AirflowSkipException: where the request is proven already.
        :raises AirflowFailException: naming the fix.
        """
        try:
            erasure = self.request(context, Erasure)
            self.check_request(erasure, context)
            if erasure.status() == "proven":
                erasure.forget()  # in case the proof died between its two last writes
                raise AirflowSkipException(f"Request {self.request_id} is proven: nothing is left to be done.")
            return self.step(erasure, context)
        except PersonError as error:
            raise AirflowFailException(str(error)) from error

    def check_request(self, erasure: Erasure, context: Context) -> None:
        """Check what this run names, before anything is done.

        :param erasure: the request.
        :param context: the task's context.
        """

    def step(self, erasure: Erasure, context: Context) -> Any:
        """Do what this step is for.

        :param erasure: the request.
        """
        raise NotImplementedError


class PlanErasureOperator(ErasureOperator):
    """Finds the person, writes the request and suppresses their records; on a dry run only counts.

    Reads the DAG params ``identity_key``, ``customer_id``, ``email_sha256`` (one of them) and ``dry_run``. Returns the
    request's id, the only thing that goes to XCom.
    """

    def check_request(self, erasure: Erasure, context: Context) -> None:
        """Check that a request which is there already is about whom this run names.

        :raises ErasureError: where it is about somebody else.
        """
        if erasure.status():
            erasure.require_same_person(self.selector(context))

    def step(self, erasure: Erasure, context: Context) -> str:
        """Find the person.

        :raises AirflowSkipException: on a dry run, so that nothing after it runs.
        :raises PersonError: where nobody or more than one customer is found.
        """
        params = context["params"]
        status = erasure.status()
        if status and not params["dry_run"]:
            self.log.info("Request %s is %s already: going on from there.", self.request_id, status)
            return self.request_id
        selector = self.selector(context)
        customer_id = erasure.find(selector)
        if params["dry_run"]:
            counts = erasure.preview(customer_id)
            for name, rows in counts.items():
                self.log.info("%8d rows in %s", rows, name)
            theirs = erasure.rows_at_connectors(customer_id, self.load_connectors())
            for name, rows in theirs.items():
                self.log.warning("%8d rows in %s, a connector's: erase at the source, then delete them.", rows, name)
            at_sources = f" {sum(theirs.values())} rows in {len(theirs)} connectors' tables are to be erased at the "
            raise AirflowSkipException(
                f"Dry run: {sum(counts.values())} rows in {len(counts)} tables would be removed; nothing was changed."
                + (f"{at_sources}source, the log names them." if theirs else "")
            )
        erasure.request(customer_id, selector)
        self.log.info("Request %s is written; the `stg_` models leave the person out from now on.", self.request_id)
        return self.request_id


class RemoveFromDestinationsOperator(ErasureOperator):
    """Fails until each sync has run and no destination holds the person: with retries, it waits without a worker.

    The syncs do the work: they leave out, and remove, whoever an open request is about.

    :param syncs: names of all declared syncs.
    :param runs: table of their runs, as ``layer.table``.
    :param state: tables that say what destinations hold or may hold, as ``layer.table``.
    :param dead_letters: table that says what destinations refuse, as ``layer.table``.
    :param kwargs: see :class:`ErasureOperator`.
    """

    def __init__(self, *, syncs: list[str], runs: str, state: Sequence[str], dead_letters: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.syncs = syncs
        self.runs = runs
        self.state = state
        self.dead_letters = dead_letters

    def step(self, erasure: Erasure, context: Context) -> None:
        """Look, and write down that it is done.

        :raises AirflowException: naming the syncs to run.
        """
        held = erasure.held_by_destinations([self.table(name) for name in self.state])
        if held:
            refusals = erasure.refusals(self.table(self.dead_letters))
            raise AirflowException(
                "Destinations have not confirmed the removal: "
                + ", ".join(
                    f"{sync} ({records} records{', refused: ' if sync in refusals else ''}"
                    f"{'; '.join(refusals.get(sync, []))})"
                    for sync, records in sorted(held.items())
                )
                + ". Their next run removes the person, and a retry of this task sees it. To go on now: "
                + "; ".join(f"airflow dags trigger activate_{sync}" for sync in sorted(held))
                + ". Where such a run fails or rejects the removal, its report_sync names the remedy."
            )
        if missing := erasure.syncs_not_run(self.syncs, self.table(self.runs)):
            raise AirflowException(
                f"No run since the request: {', '.join(missing)}. What a later run finds of the person it would send "
                "or write down after the erasure. A retry of this task sees the run; where its DAG is paused, unpause "
                "it, where a task of it is red, its log names the remedy."
            )
        if erasure.status() == "requested":
            erasure.confirm_destinations()
        self.log.info("No destination holds the person.")


class EraseRowsOperator(ErasureOperator):
    """Deletes the person's rows, and empties references to them in others', in every table. Can be repeated."""

    def step(self, erasure: Erasure, context: Context) -> int:
        """Erase, and return the number of rows changed.

        :raises ErasureError: where the identifiers are gone.
        """
        counts = erasure.erase()
        for name, rows in counts.items():
            self.log.info("%8d rows in %s", rows, name)
        return sum(counts.values())


class ProveErasureOperator(ErasureOperator):
    """Searches every column of every table for every identifier, whatever the tables are declared to hold.

    Connectors' tables are searched too. The pipeline may not change them, so what is found there is named.

    :param datasets: our datasets.
    :param kwargs: see :class:`ErasureOperator`.
    """

    def __init__(self, *, datasets: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.datasets = datasets

    def step(self, erasure: Erasure, context: Context) -> int:
        """Search, and return the number of tables searched.

        :raises ErasureError: where an identifier is found, naming table and column.
        """
        searched = erasure.prove(self.datasets, self.load_connectors())
        self.log.info("No identifier of the person is in any of %d tables.", searched)
        ends = erasure.time_travel_ends(self.datasets, datetime.now(UTC))
        self.log.info(
            "Whoever may read these tables can read what was deleted, by time travel, until %s; Google keeps it for 7 "
            "days more, which only its support can restore.", ends.isoformat(timespec="minutes"),
        )  # fmt: skip
        return searched


class ReportOverdueErasuresOperator(WarehouseOperator):
    """Fails where a request is open for too long, or has lost its identifiers: nothing else would say so.

    :param requests: ``project.dataset.table`` of the requests (templated).
    :param identifiers: that of their identifiers (templated).
    :param days: so many days a request may be open: fewer than the month that the law gives.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "requests", "identifiers")
    ui_color = "#fce4ec"

    def __init__(self, *, requests: str, identifiers: str, days: int = 21, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.requests = requests
        self.identifiers = identifiers
        self.days = days

    def execute(self, context: Context) -> int:
        """Look, and return the number of open requests.

        :raises AirflowFailException: naming each request that is overdue, and the fix.
        """
        sql = statement("privacy/sql/open_requests.sql", requests=self.requests, identifiers=self.identifiers)
        rows = list(self.warehouse(context).query(sql))
        overdue = [
            f"Request {row.request_id} is {row.status} for {row.days} days; the law gives a month. "
            + (
                "Look at its run of erase_person, and clear what is red."
                if row.found == row.expected
                else "Its identifiers were deleted, so syncs may send the person again: trigger a new request."
            )
            for row in rows
            if row.days >= self.days or row.found != row.expected
        ]
        if overdue:
            raise AirflowFailException("\n".join(overdue))
        return len(rows)
