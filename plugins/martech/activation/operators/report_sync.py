"""The last step of a sync: what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.activation import engine
from martech.activation.operators.sync import SyncOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


COUNTS = ("adds", "changes", "removes", "sent", "rejected", "pending", "in_destination", "dead_letters")


class ReportSyncOperator(SyncOperator):
    """Writes the run into ``activation_runs`` and logs what was rejected and how to try it again.

    Runs after failures too (``trigger_rule="all_done"``), and fails where something is left to be sent, so
    that the DAG run cannot end green.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """Report, and return the counts.

        :raises AirflowFailException: where the run failed or left records to be sent.
        """
        ledger = self.ledger(context)
        plan_id = self.plan_id(context)
        row = engine.report_sync(
            ledger,
            self.sync,
            plan_id,
            run_id=context["run_id"],
            full_resync=context["params"]["full_resync"],
            dry_run=context["params"]["dry_run"],
        )
        self.log.info("%s: %s", row["status"], ", ".join(f"{name} {row[name]}" for name in COUNTS))
        if row["rejected"] and plan_id:
            for reason in ledger.rejections(plan_id):
                self.log.warning(
                    "%d rejected, %s: %s (record %s …)",
                    reason["records"], reason["error_code"], reason["message"], reason["record_key"],
                )  # fmt: skip
            self.log.warning(
                "They wait in ops.activation_dead_letters and are sent again when their content changes. To "
                "retry them now: airflow dags trigger %s --conf '{\"retry_dead_letters\": true}'",
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
        return {name: row[name] for name in COUNTS}
