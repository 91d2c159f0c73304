"""The memory of reverse ETL: intents, results and state in BigQuery tables (``include/sql/ops/activation_*``).

The order of writes makes every crash harmless: the intent (outbox) before anything is sent, the result
(changelog) after, and the state last. Each step can be repeated; whatever has an intent and no result is
sent again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import bigquery

from martech.activation.changes import INTENTS_LIVE, PARTIAL_SUCCESS, Change, Outcome, Processed
from martech.activation.ledger_plan import PlanLedger
from martech.activation.ledger_report import ReportLedger
from martech.activation.ledger_tables import CLOCK_SKEW, of_plan
from martech.activation.plan import CONSENT_PREFIX, IDENTIFIER_SEPARATOR, UNCONFIRMED
from martech.alerts.masking import masked
from martech.warehouse.statements import Sql, statement

# Deliveries of the same content that fail in processing before it is given up.
MAX_DELIVERIES = 3
PAGE_ROWS = 10_000


class Ledger(PlanLedger, ReportLedger):
    """Reads and writes the tables of one sync; see ``LedgerTables`` for its parameters."""

    def settle(self) -> None:
        """Bring results that are in the changelog into state and dead letters, then drop their intents.

        Runs before a plan is made and after each run, so that it completes what a crash left.
        """
        since = self._rows(statement("activation/sql/oldest_intent.sql", outbox=self._outbox))[0]["planned_at"]
        if since is None:
            return
        for sql in self._settle_statements():
            self._query(sql, since=since - CLOCK_SKEW)

    def _settle_statements(self) -> list[Sql]:
        names = {"outbox": self._outbox, "changelog": self._changelog, "separator": IDENTIFIER_SEPARATOR}
        return [
            statement(
                "activation/sql/settle_state.sql",
                state=self._state,
                unconfirmed=UNCONFIRMED,
                keeps_payload=self._hook.keeps_payload,
                by_identifiers=self._hook.by_identifiers,
                **names,
            ),
            statement("activation/sql/settle_dead_letters.sql", dead_letters=self._dead_letters, **names),
            statement("activation/sql/settle_outbox.sql", **names),
        ]

    def accepted(self) -> dict[str, datetime]:
        """Return the references that the destination is still processing, with the time of their acceptance.

        ``settle`` must have run: what has a final result has no intent any more.
        """
        rows = self._rows(
            statement("activation/sql/accepted.sql", outbox=self._outbox, changelog=self._changelog),
            since=_since_intents(),
        )
        return {row["reference"]: row["accepted_at"] for row in rows}

    def record_processed(self, results: Mapping[str, Processed]) -> None:
        """Append the results of accepted requests to the changelog, for every record of theirs.

        The destination says how many records failed and why, not which. So all of a request's records are
        ``unconfirmed`` then and the next plan sends them again; after three deliveries of the same content they
        are ``rejected``.

        :param results: what became of each reference.
        """
        by_result: dict[tuple[str | None, str | None], list[str]] = {}
        for reference, result in results.items():
            by_result.setdefault((result.error_code, result.error_message), []).append(reference)
        for (error_code, error_message), references in by_result.items():
            self._query(
                statement(
                    "activation/sql/record_processed.sql", changelog=self._changelog, max_deliveries=MAX_DELIVERIES
                ),
                since=_since_intents(),
                references=references,
                recorded_at=datetime.now(UTC),
                run_id=self._run_id,
                error_code=error_code,
                error_message=error_message,
            )
        if results:
            self._load(self.table("ops.activation_requests"), [self._request_row(*item) for item in results.items()])

    def _request_row(self, reference: str, result: Processed) -> dict[str, Any]:
        return {
            "recorded_at": datetime.now(UTC).isoformat(),
            "sync_name": self._sync.name,
            "run_id": self._run_id,
            "reference": reference,
            **asdict(result),
        }

    def settling_seconds(self, plan_id: str) -> float:
        """Return how long to wait until the destination has applied what it was sent of the plan's records before."""
        settling = self._hook.settling_seconds
        if not settling:
            return 0.0
        now = datetime.now(UTC)
        sql = statement("activation/sql/newest_delivery.sql", outbox=self._outbox, changelog=self._changelog)
        since = now - timedelta(seconds=settling)
        newest = self._rows(sql, plan_id=plan_id, since=since)[0]["recorded_at"]
        return (newest - since).total_seconds() if newest else 0.0

    def pending(self, plan_id: str, *, removes: bool) -> tuple[int, Iterator[Change]]:
        """Return how many changes of a plan have no result yet, and the changes, read page by page.

        :param plan_id: the plan.
        :param removes: True for removes, False for adds and changes.
        """
        rows = self._query(
            statement(
                "activation/sql/pending.sql",
                changelog=self._changelog,
                partial_success=PARTIAL_SUCCESS,
                most_suspected=MAX_DELIVERIES - 1,
                outbox=self._outbox,
                by_occurrence=self._hook.by_occurrence,
            ),
            page_size=PAGE_ROWS,
            since_intents=_since_intents(),
            removes=removes,
            **of_plan(plan_id),
        )
        return rows.total_rows or 0, (self._change(row) for row in rows)

    def _change(self, row: bigquery.Row) -> Change:
        payload = row["payload"] or ""
        # Of JSON only the consent behind it is told apart: texts in it may look like anything.
        fields, consent = (payload, "") if payload.endswith("}") else _split_consent(payload)
        return Change(
            record_key=row["record_key"],
            action=row["action"],
            payload=json.loads(fields) if fields and not self._hook.by_identifiers else {},
            identifiers=_identifiers(payload) if self._hook.by_identifiers else (),
            ad_consent=_ad_consent(consent),
            stale_identifiers=_identifiers(row["stale_identifiers"] or ""),
            cleared_fields=tuple(filter(None, (row["cleared_fields"] or "").split(IDENTIFIER_SEPARATOR))),
            content_hash=row["content_hash"],
            changed_fields=row["changed_fields"] or "",
            suspected=row["suspected"],
            is_erasure=bool(row["is_erasure"]),
            occurrence=row["occurrence"],
        )

    def record(self, plan_id: str, outcomes: Sequence[Outcome], recorded_at: datetime) -> None:
        """Append results to the changelog, as one load job."""
        self._load(
            self._changelog,
            [
                {
                    "recorded_at": recorded_at.isoformat(),
                    "sync_name": self._sync.name,
                    "run_id": self._run_id,
                    "plan_id": plan_id,
                    "record_key": outcome.change.record_key,
                    "action": outcome.change.action,
                    "status": _status(outcome),
                    "content_hash": outcome.change.content_hash,
                    "changed_fields": outcome.change.changed_fields or None,
                    "error_code": outcome.error_code,
                    "error_message": _reason(outcome),
                    "reference": outcome.reference,
                    "is_transient": outcome.retryable,
                }
                for outcome in outcomes
            ],
        )


def _since_intents() -> datetime:
    """Return the time that spares the changelog's old partitions where no single plan is asked for."""
    return datetime.now(UTC) - INTENTS_LIVE


def _status(outcome: Outcome) -> str:
    if outcome.error_code:
        return "rejected"
    return "accepted" if outcome.is_accepted else "sent"


def _reason(outcome: Outcome) -> str | None:
    return masked(outcome.error_message, outcome.change.payload.values()) if outcome.error_message else None


def _identifiers(text: str) -> tuple[str, ...]:
    parts = text.split(IDENTIFIER_SEPARATOR)
    return tuple(part for part in parts if part and not part.startswith(CONSENT_PREFIX))


def _split_consent(payload: str) -> tuple[str, str]:
    """Return what is sent and the consent to ads behind it, which may be empty."""
    before, _, consent = payload.rpartition(f"{IDENTIFIER_SEPARATOR}{CONSENT_PREFIX}")
    return (before, consent) if before else (payload, "")


def _ad_consent(text: str) -> tuple[str, str] | None:
    user_data, separator, personalization = text.partition(":")
    return (user_data, personalization) if separator else None
