"""The memory of reverse ETL: intents, results and state in BigQuery tables (``include/sql/ops/activation_*``).

The order of writes makes every crash harmless: the intent (outbox) before anything is sent, the result
(changelog) after, and the state last. Each step can be repeated; whatever has an intent and no result is
sent again.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import bigquery
from google.cloud.bigquery.table import RowIterator

from martech.activation.changes import INTENTS_LIVE, PARTIAL_SUCCESS, Change, Outcome, Processed
from martech.activation.destinations import DESTINATIONS
from martech.activation.plan import CONSENT_PREFIX, FIELD_NAMES, IDENTIFIER_SEPARATOR, UNCONFIRMED, changes_of
from martech.activation.sync import Sync
from martech.alerts.masking import masked
from martech.warehouse.statements import Sql, run, short, statement

PLAN_TIME = "%Y%m%dT%H%M%SZ"
# Results are stamped by other machines than the plan.
CLOCK_SKEW = timedelta(hours=1)
# Deliveries of the same content that fail in processing before it is given up.
MAX_DELIVERIES = 3
BEFORE_ANY_RUN = datetime(1970, 1, 1, tzinfo=UTC)
SAMPLES = 5
# What reports look back on.
HISTORY = timedelta(days=90)
PAGE_ROWS = 10_000


@dataclass(frozen=True)
class Progress:
    """How far a plan has come: records by what happened to them.

    :param in_destination: records the destination holds, as far as confirmed.
    :param dead_letters: open dead letters of the sync.
    :param open_removals: those of them that the destination still holds against the source or the person's will.
    """

    adds: int
    changes: int
    removes: int
    rejects: int
    sent: int
    rejected: int
    pending: int
    in_destination: int
    dead_letters: int
    open_removals: int

    @property
    def unconfirmed(self) -> int:
        """Records that the destination accepted and did not confirm: the next run follows or sends them."""
        planned = self.adds + self.changes + self.removes + self.rejects
        return planned - self.sent - self.rejected - self.pending


class Ledger:
    """Reads and writes the tables of one sync.

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
        self._by_identifiers = DESTINATIONS[sync.destination].by_identifiers
        self._keeps_payload = DESTINATIONS[sync.destination].keeps_payload
        self._by_occurrence = DESTINATIONS[sync.destination].by_occurrence
        self._state = table("ops.activation_state")
        self._outbox = table("ops.activation_outbox")
        self._changelog = table("ops.activation_changelog")
        self._dead_letters = table("ops.activation_dead_letters")

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
                keeps_payload=self._keeps_payload,
                by_identifiers=self._by_identifiers,
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
                by_identifiers=self._by_identifiers,
                keeps_payload=self._keeps_payload,
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
        """Record the adds of a plan as if they had been sent.

        :param but: key of a record that is sent nevertheless.
        """
        self._query(
            statement("activation/sql/take_stock.sql", changelog=self._changelog, outbox=self._outbox),
            plan_id=plan_id,
            record_key=but or "",
        )
        self.settle()

    def source_is_empty(self) -> bool:
        """Return whether the source model has no row at all."""
        sql = short("select 1 as found from `{{ model }}` limit 1", model=self.table(self._sync.model))
        return not self._rows(sql)

    def repeated_removes(self, plan_id: str) -> int:
        """Return how many removes of a plan the destination refused before: an earlier plan was allowed them."""
        sql = statement("activation/sql/repeated_removes.sql", outbox=self._outbox, dead_letters=self._dead_letters)
        return int(self._rows(sql, plan_id=plan_id)[0]["records"])

    def settling_seconds(self, plan_id: str) -> float:
        """Return how long to wait until the destination has applied what it was sent of the plan's records before."""
        settling = DESTINATIONS[self._sync.destination].settling_seconds
        if not settling:
            return 0.0
        now = datetime.now(UTC)
        sql = statement("activation/sql/newest_delivery.sql", outbox=self._outbox, changelog=self._changelog)
        since = now - timedelta(seconds=settling)
        newest = self._rows(sql, plan_id=plan_id, since=since)[0]["recorded_at"]
        return (newest - since).total_seconds() if newest else 0.0

    def withdraw(self, plan_id: str) -> None:
        """Delete the intents of a plan of which nothing was sent."""
        self._query(
            statement("activation/sql/withdraw.sql", outbox=self._outbox),
            plan_id=plan_id,
        )

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
                by_occurrence=self._by_occurrence,
            ),
            page_size=PAGE_ROWS,
            since_intents=_since_intents(),
            removes=removes,
            **_plan(plan_id),
        )
        return rows.total_rows or 0, (self._change(row) for row in rows)

    def _change(self, row: bigquery.Row) -> Change:
        payload = row["payload"] or ""
        # Of JSON only the consent behind it is told apart: texts in it may look like anything.
        fields, consent = (payload, "") if payload.endswith("}") else _split_consent(payload)
        return Change(
            record_key=row["record_key"],
            action=row["action"],
            payload=json.loads(fields) if fields and not self._by_identifiers else {},
            identifiers=_identifiers(payload) if self._by_identifiers else (),
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

    def progress(self, plan_id: str | None) -> Progress:
        """Return how far a plan has come; None counts what the destination holds only."""
        plan_id = plan_id or f"{datetime.now(UTC).strftime(PLAN_TIME)}-none"
        row = self._rows(
            statement(
                "activation/sql/progress.sql",
                outbox=self._outbox,
                changelog=self._changelog,
                state=self._state,
                unconfirmed=UNCONFIRMED,
                dead_letters=self._dead_letters,
            ),
            **_plan(plan_id),
        )[0]
        return Progress(**row)

    def rejections(self, plan_id: str) -> list[dict[str, Any]]:
        """Return the reasons of a plan's rejections, the most frequent first, each with one record."""
        return self._rows(
            statement("activation/sql/rejections.sql", changelog=self._changelog),
            **_plan(plan_id),
        )

    def open_rejects(self) -> list[dict[str, Any]]:
        """Return the open dead letters by reason, the most frequent first."""
        return self._rows(statement("activation/sql/open_rejects.sql", dead_letters=self._dead_letters))

    def requests(self) -> list[dict[str, Any]]:
        """Return what became of requests that the destination processed later, the newest first."""
        sql = statement("activation/sql/requests.sql", requests=self.table("ops.activation_requests"))
        return self._rows(sql, since=datetime.now(UTC) - HISTORY)

    def history(self) -> list[dict[str, Any]]:
        """Return how many records the destination held at the end of each day with a run."""
        sql = statement("activation/sql/history.sql", runs=self.table("ops.activation_runs"))
        return self._rows(sql, since=datetime.now(UTC) - HISTORY, destination=self._sync.target)

    def record_run(self, row: dict[str, Any]) -> None:
        """Append the outcome of a run to ``activation_runs``."""
        self._load(self.table("ops.activation_runs"), [row])

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


def _new_plan() -> tuple[str, datetime]:
    planned_at = datetime.now(UTC)
    return f"{planned_at.strftime(PLAN_TIME)}-{uuid.uuid4().hex[:8]}", planned_at


def _plan(plan_id: str) -> dict[str, Any]:
    """Return the parameters of a plan; no result is older than the plan, which spares old partitions."""
    since = datetime.strptime(plan_id.split("-", maxsplit=1)[0], PLAN_TIME).replace(tzinfo=UTC)
    return {"plan_id": plan_id, "since": since - CLOCK_SKEW}


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
