"""The three steps of a sync: plan what is to be sent, send it, and report what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from martech.activation import engine
from martech.activation.changes import ActivationError, Destination, FatalError, ProcessingDestination
from martech.activation.destinations import DESTINATIONS, target_of
from martech.activation.ledger import Ledger
from martech.activation.report import SyncPage, preview_of, render_page
from martech.activation.sync import Sync
from martech.activation.targets import TargetError, Targets
from martech.alerts.messages import Alert
from martech.alerts.severity import Severity
from martech.leases.lease import LeaseClient, held
from martech.leases.tasks import owner_of
from martech.reports.folder import write_page
from martech.warehouse.operators import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

# Of XCom: what the plan would do, before it does.
PREVIEW = "preview"
COUNTS = (
    "adds",
    "changes",
    "removes",
    "unchanged",
    "held",
    "suppressed",
    "sent",
    "rejected",
    "pending",
    "in_destination",
    "dead_letters",
    "open_removals",
)


class SyncOperator(WarehouseOperator):
    """Knows its sync, and where the sync's memory is.

    With the DAG param ``empty_sync`` a run is about that sync instead: it removes what the sync holds at the target
    that it wrote to last, reached by ``old_connection`` where the kept connection leads elsewhere by now.

    :param sync: the declaration.
    :param table: full name of ``layer.table``.
    :param plan_task_id: task that returns the plan's id.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    def __init__(
        self, *, sync: Sync, table: Callable[[str], str], plan_task_id: str = "plan_sync", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.sync = sync
        self.table = table
        self.plan_task_id = plan_task_id

    def ledger(self, context: Context) -> Ledger:
        """Return the ledger of the sync that the run is about."""
        return Ledger(
            self.warehouse(context).bigquery, self.subject(context), table=self.table, run_id=context["run_id"]
        )

    def targets(self, context: Context) -> Targets:
        """Return what is known of the targets of all syncs."""
        return Targets(self.warehouse(context).bigquery, table=self.table)

    def subject(self, context: Context) -> Sync:
        """Return the sync that the run is about: the declared one, or the one whose target it empties.

        :raises AirflowFailException: where nothing is known of the one to empty.
        """
        params = context["params"]
        if not (name := params.get("empty_sync")):
            return self.sync
        try:
            return self.targets(context).retired(name, connection=params.get("old_connection"), path=self.sync.path)
        except TargetError as error:
            raise AirflowFailException(str(error)) from error

    def plan_id(self, context: Context) -> str | None:
        """Return the id of this run's plan, None where there is none."""
        plan_id: str | None = context["ti"].xcom_pull(task_ids=self.plan_task_id)
        return plan_id


class PlanSyncOperator(SyncOperator):
    """Compares the source with what the destination holds and returns the plan's id (None on a dry run).

    Reads the DAG params ``dry_run``, ``full_resync``, ``confirm_removals``, ``retry_dead_letters``, ``only_key``,
    ``empty_sync`` and ``forget_sync``.

    :param declared: names of all declared syncs.
    :param alert: gets warnings; None only logs.
    :param kwargs: see :class:`SyncOperator`.
    """

    def __init__(
        self,
        *,
        declared: Collection[str] = (),
        alert: Callable[[Alert, Context], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.declared = declared
        self.alert = alert

    def execute(self, context: Context) -> str | None:
        """Plan, or on a dry run log what a plan would hold.

        :raises AirflowFailException: where the safety stop asks for confirmation, the records are at another target
            or the destination refuses the credentials; a retry would not help.
        """
        try:
            return self._plan(context)
        except ActivationError as error:
            raise AirflowFailException(str(error)) from error

    def _plan(self, context: Context) -> str | None:
        params = context["params"]
        if params.get("empty_sync"):
            return self._plan_emptying(context)
        targets = self.targets(context)
        if forgotten := params.get("forget_sync"):
            self._require_abandoned(targets, forgotten)
            targets.forget(forgotten)
            self.log.warning("Forgot what %s holds; nothing was removed from its target.", forgotten)
        targets.require_same(self.sync, target_of(self.sync))
        ledger = self.ledger(context)
        options = {"full_resync": params["full_resync"], "retry_dead_letters": params["retry_dead_letters"]}
        if not params["dry_run"]:
            self._follow(ledger, self.sync)
            ledger.settle()  # what a dead run left is no difference
        found = ledger.preview(**options)
        context["ti"].xcom_push(key=PREVIEW, value=preview_of(found))
        if params["dry_run"]:
            self.log.info("Dry run for %s, nothing is sent:", self.sync.target)
            for row in found:
                self.log.info("%8d %s", row["records"], row["action"])
                if row["action"] != "unchanged":
                    for key, detail in zip(row["sample_keys"], row["sample_details"], strict=True):
                        self.log.info("%14s %s", key, detail)
            return None
        plan_id = engine.plan_sync(
            ledger,
            self.sync,
            confirm_removals=params["confirm_removals"],
            only_key=params.get("only_key"),
            **options,
        )
        held = targets.held().get(self.sync.name, 0)
        if held and ledger.source_is_empty():
            alert = Alert(
                f"{self.sync.name}: {self.sync.model} is empty, {held} records are at {self.sync.target}",
                "A model that had rows has none: nothing new reaches the destination.",
                f"Look at the build of {self.sync.model}; once it has rows, the next run sends what changed.",
                Severity.WARNING,
            )
            self.log.warning("%s. %s", alert.title, alert.fix)
            if self.alert:
                self.alert(alert, context)
        return plan_id

    def _follow(self, ledger: Ledger, sync: Sync) -> None:
        """Ask for what the last run left in processing; without such requests no credentials are needed."""
        if requests := ledger.accepted():
            destination = DESTINATIONS[sync.destination](sync)
            if not isinstance(destination, ProcessingDestination):
                raise FatalError(
                    f"{sync.target} cannot follow {len(requests)} accepted requests of {sync.name}: "
                    "another destination accepted them. A declaration with a new destination needs a new name."
                )
            engine.follow_requests(ledger, sync, destination)

    def _plan_emptying(self, context: Context) -> str | None:
        """Plan to remove all that a sync holds at a target that nobody writes to any more."""
        targets, old = self.targets(context), self.subject(context)
        self._require_abandoned(targets, old.name)
        kept, reached = targets.kept(old.name), target_of(old)
        if kept and kept.target != reached:
            raise TargetError(
                f"The records of {old.name} are at {kept.target}, but connection {old.connection} leads to {reached}. "
                'Make an Airflow connection to the old account and name it: {"empty_sync": "'
                f'{old.name}", "old_connection": "…"}}.'
            )
        if context["params"]["dry_run"]:
            self.log.info("Dry run: %d records of %s would be removed from %s.",
                          targets.held().get(old.name, 0), old.name, reached)  # fmt: skip
            return None
        ledger = self.ledger(context)
        self._follow(ledger, old)
        return engine.plan_emptying(ledger, old)

    def _require_abandoned(self, targets: Targets, name: str) -> None:
        """Refuse to give up what a declared sync holds where it writes to.

        :raises TargetError: for such a sync.
        """
        kept = targets.kept(name)
        if name == self.sync.name:
            in_use = kept is not None and kept.target == target_of(self.sync)
        else:
            in_use = name in self.declared
        if in_use:
            raise TargetError(
                f"{name} is declared and writes to its target: what is removed would be sent again. Use its own DAG "
                "after its target has changed, or delete its declaration first."
            )


class SendChangesOperator(SyncOperator):
    """Sends what is pending of the run's plan. A retry, or clearing the task, goes on where it stopped.

    Syncs to the same destination share its rate limit by taking turns: who sends holds its lease.

    :param leases: ``layer.table`` of the leases, shaped like ``include/sql/ops/leases.sql``.
    :param kwargs: see :class:`SyncOperator`.
    """

    def __init__(self, *, leases: str = "ops.leases", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.leases = leases

    def execute(self, context: Context) -> None:
        """Send the plan's pending changes.

        :raises AirflowSkipException: on a dry run.
        :raises AirflowFailException: where no retry can succeed, such as refused credentials.
        :raises LeaseError: where another has sent to the destination for too long, or a later try has taken over.
        """
        plan_id = self.plan_id(context)
        if plan_id is None:
            raise AirflowSkipException("A dry run sends nothing.")
        try:
            sync = self.subject(context)
            destination: Destination = DESTINATIONS[sync.destination](sync)
            client, name = self.warehouse(context, LeaseClient), f"destination {sync.destination}"
            with held(client, self.table(self.leases), name, owner_of(context)):
                engine.send_changes(self.ledger(context), sync, destination, plan_id)
        except FatalError as error:
            raise AirflowFailException(str(error)) from error


class ReportSyncOperator(SyncOperator):
    """Writes the run into ``activation_runs`` and logs what was rejected and how to try it again.

    Runs after failures too (``trigger_rule="all_done"``), and fails where something is left to be sent or removed,
    so that the DAG run cannot end green.

    :param chosen_by: task that ended as skipped, and returned nothing, where the run has nothing to do.
    :param declared: names of all declared syncs; records of others are reported.
    :param alert: gets warnings; None only logs.
    :param report_uri: folder that gets the sync's page, ``activation-<sync>.html``; None writes none.
    :param kwargs: see :class:`SyncOperator`.
    """

    def __init__(
        self,
        *,
        chosen_by: str | None = None,
        declared: Collection[str] = (),
        alert: Callable[[Alert, Context], None] | None = None,
        report_uri: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.report_uri = report_uri
        self.chosen_by = chosen_by
        self.declared = declared
        self.alert = alert

    def execute(self, context: Context) -> dict[str, int]:
        """Report, and return the counts.

        :raises AirflowSkipException: where the run has nothing to do.
        :raises AirflowFailException: where the run failed, left records to be sent or removed, or met too many
            rejections.
        """
        ledger = self.ledger(context)
        plan_id = self.plan_id(context)
        if self.chosen_by and context["ti"].xcom_pull(task_ids=self.chosen_by) is None:
            raise AirflowSkipException("The run had nothing to do, so there is nothing to report.")
        sync = self.subject(context)
        self._report_orphans(context)
        preview = context["ti"].xcom_pull(task_ids=self.plan_task_id, key=PREVIEW)
        row = engine.report_sync(
            ledger,
            sync,
            plan_id,
            run_id=context["run_id"],
            full_resync=context["params"]["full_resync"],
            dry_run=context["params"]["dry_run"],
            only_key=context["params"].get("only_key"),
            found={part["action"]: part["records"] for part in preview} if preview else None,
        )
        if self.report_uri:
            page = render_page(
                SyncPage(sync, row, preview or (), ledger.open_rejects(), ledger.requests(), ledger.history())
            )
            name = f"activation-{sync.name}.html"
            self.log.info("The page is %s", write_page(self.report_uri, name, page, conn_id=self.gcp_conn_id))
        self.log.info("%s: %s", row["status"], ", ".join(f"{name} {row[name]}" for name in COUNTS))
        if row["rejected"] and plan_id:
            for reason in ledger.rejections(plan_id):
                self.log.warning(
                    "%d rejected, %s: %s (record %s …)",
                    reason["records"], reason["error_code"], reason["message"], reason["record_key"],
                )  # fmt: skip
            self.log.warning(
                "They wait in ops.activation_dead_letters and are sent again when their content changes, those with "
                "is_transient by the next run. To retry all of them now: "
                "airflow dags trigger %s --conf '{\"retry_dead_letters\": true}'",
                self.dag_id,
            )
        if row["status"] == "unconfirmed":
            self.log.warning(
                "%s accepted records that it has not confirmed: the next run asks for them, and sends again what "
                "failed. See status accepted and unconfirmed in ops.activation_changelog.",
                row["destination"],
            )
        if row["status"] in ("failed", "incomplete"):
            raise AirflowFailException(
                f"The run is {row['status']}, {row['pending']} records are left to be sent. "
                "See the task that failed; the next run, or clearing send_changes, goes on from here."
            )
        if row["status"] == "removals_open":
            raise AirflowFailException(
                f"{row['destination']} still holds {row['open_removals']} records that must not be there: it refuses "
                "to remove them. The reasons are in ops.activation_dead_letters (action = 'remove'); correct the rule, "
                "lock or permission at the destination. Every run tries again."
            )
        if row["status"] == "too_many_rejects":
            raise AirflowFailException(
                f"{row['destination']} rejected more than limits.max_rejected_percent "
                f"({sync.limits.max_rejected_percent:g}) of its records: {row['rejected']} in this run, "
                f"{row['dead_letters']} are open. Group ops.activation_dead_letters by error_code; correct the "
                "mapping, the source or the rule at the destination, then trigger the DAG with "
                '{"retry_dead_letters": true}.'
            )
        return {name: row[name] for name in COUNTS}

    def _report_orphans(self, context: Context) -> None:
        """Warn of records that syncs left at this destination whose declaration was renamed or deleted."""
        targets = self.targets(context)
        for name, records in targets.held().items():
            kept = targets.kept(name) if self.declared and name not in self.declared else None
            if kept is None or kept.declaration["destination"] != self.sync.destination:
                continue
            alert = Alert(
                f"{name} is no longer declared and holds {records} records at {kept.target}",
                "Its declaration was renamed or deleted: who opts out now is not removed there.",
                f'Remove them: airflow dags trigger {self.dag_id} --conf \'{{"empty_sync": "{name}"}}\' (records '
                "that a declared sync holds at the same target stay).",
                Severity.WARNING,
            )
            self.log.warning("%s. %s", alert.title, alert.fix)
            if self.alert:
                self.alert(alert, context)
