"""The memory's part in planning: what differs between source and state becomes intents."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from martech.activation.changes import INTENTS_LIVE
from martech.activation.ledger_tables import PLAN_TIME, LedgerTables
from martech.activation.plan import CONSENT_PREFIX, FIELD_NAMES, IDENTIFIER_SEPARATOR, changes_of
from martech.warehouse.statements import short, statement

BEFORE_ANY_RUN = datetime(1970, 1, 1, tzinfo=UTC)
SAMPLES = 5


class PlanLedger(LedgerTables):
    """Writes plans, and takes them back."""

    def preview(self, *, full_resync: bool, retry_dead_letters: bool) -> list[dict[str, Any]]:
        """Return, per action, the number of records and samples: keys, changed fields, and as JSON what reports show.

        Nothing is written. Besides add, change, remove and reject the actions are unchanged, suppressed (no
        consent) and held (rejected before with the same content).
        """
        names, values = changes_of(self._sync, self.table)
        return self._rows(
            statement("activation/sql/preview.sql", samples=SAMPLES, **names),
            **values,
            **self._options("", full_resync, retry_dead_letters),
        )

    def plan(self, *, full_resync: bool, retry_dead_letters: bool) -> str:
        """Write the intents of a new plan into the outbox and return the plan's id.

        :param full_resync: whether unchanged records are sent as well.
        :param retry_dead_letters: whether records that were rejected are tried again unchanged.
        """
        plan_id, planned_at = _new_plan()
        names, values = changes_of(self._sync, self.table)
        self._query(
            statement("activation/sql/plan.sql", **names),
            **values,
            **self._options(plan_id, full_resync, retry_dead_letters),
            run_id=self._run_id,
            planned_at=planned_at,
        )
        return plan_id

    def plan_emptying(self) -> str:
        """Write the removal of all that the sync holds into the outbox and return the plan's id.

        What another sync holds at the same target stays there.
        """
        plan_id, planned_at = _new_plan()
        self._query(
            statement(
                "activation/sql/plan_emptying.sql",
                targets=self.table("ops.activation_targets"),
                state=self._state,
                outbox=self._outbox,
                by_identifiers=self._hook.by_identifiers,
                keeps_payload=self._hook.keeps_payload,
                separator=IDENTIFIER_SEPARATOR,
                consent_prefix=CONSENT_PREFIX,
                field_names=FIELD_NAMES,
            ),
            plan_id=plan_id,
            run_id=self._run_id,
            planned_at=planned_at,
        )
        return plan_id

    def adopt(self, plan_id: str) -> None:
        """Make a plan the one that counts: record its rejects, drop dead letters without a cause, and drop
        the older intents that it covers.

        Older intents of records that the plan does not send stay: the destination may hold them.
        """
        self._query(
            statement("activation/sql/record_rejects.sql", changelog=self._changelog, outbox=self._outbox),
            plan_id=plan_id,
        )
        self._query(
            statement("activation/sql/forget_corrected.sql", dead_letters=self._dead_letters, outbox=self._outbox),
            plan_id=plan_id,
        )
        self._query(
            statement("activation/sql/drop_covered.sql", outbox=self._outbox),
            plan_id=plan_id,
        )

    def keep_only(self, plan_id: str, record_key: str) -> None:
        """Drop all intents of a new plan but those of one record; the next plan finds the others again."""
        self._query(
            short(
                "delete from `{{ outbox }}` "
                "where sync_name = @sync_name and plan_id = @plan_id and record_key != @record_key",
                outbox=self._outbox,
            ),
            plan_id=plan_id,
            record_key=record_key,
        )

    def is_first_run(self) -> bool:
        """Return whether no run has ever planned what to send to the target."""
        sql = short(
            "select 1 as found from `{{ runs }}` "
            "where sync_name = @sync_name and destination = @destination and plan_id is not null limit 1",
            runs=self.table("ops.activation_runs"),
        )
        return not self._rows(sql, destination=self._sync.target)

    def take_stock(self, plan_id: str, *, but: str | None) -> None:
        """Record the adds of a plan as if they had been sent; ``settle`` comes next.

        :param but: key of a record that is sent nevertheless.
        """
        self._query(
            statement("activation/sql/take_stock.sql", changelog=self._changelog, outbox=self._outbox),
            plan_id=plan_id,
            record_key=but or "",
        )

    def source_is_empty(self) -> bool:
        """Return whether the source model has no row at all."""
        sql = short("select 1 as found from `{{ model }}` limit 1", model=self.table(self._sync.model))
        return not self._rows(sql)

    def expected_removes(self, plan_id: str) -> int:
        """Return how many removes of a plan no fault of the source explains.

        These people asked to be erased, or the destination refused the remove of an earlier plan, which was allowed it.
        """
        sql = statement("activation/sql/expected_removes.sql", outbox=self._outbox, dead_letters=self._dead_letters)
        return int(self._rows(sql, plan_id=plan_id)[0]["records"])

    def withdraw(self, plan_id: str) -> None:
        """Delete the intents of a plan of which nothing was sent."""
        self._query(
            statement("activation/sql/withdraw.sql", outbox=self._outbox),
            plan_id=plan_id,
        )

    def _options(self, plan_id: str, full_resync: bool, retry_dead_letters: bool) -> dict[str, Any]:
        now = datetime.now(UTC)
        refresh_days = self._sync.limits.refresh_days
        return {
            "plan_id": plan_id,
            "full_resync": full_resync,
            "retry_dead_letters": retry_dead_letters,
            "since": now - INTENTS_LIVE,
            "refresh_before": now - timedelta(days=refresh_days) if refresh_days else BEFORE_ANY_RUN,
        }


def _new_plan() -> tuple[str, datetime]:
    planned_at = datetime.now(UTC)
    return f"{planned_at.strftime(PLAN_TIME)}-{uuid.uuid4().hex[:8]}", planned_at
