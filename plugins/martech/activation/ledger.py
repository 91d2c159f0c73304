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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import bigquery

from martech.activation.changes import PARTIAL_SUCCESS, Change, Outcome, Processed
from martech.activation.plan import IDENTIFIER_SEPARATOR, UNCONFIRMED, diff_sql
from martech.activation.sync import Sync
from martech.alerts.masking import masked

PLAN_TIME = "%Y%m%dT%H%M%SZ"
# Results are stamped by other machines than the plan.
CLOCK_SKEW = timedelta(hours=1)
# Longer than any intent lives (the outbox drops its partitions), so that no result of one is overlooked.
INTENTS_LIVE = timedelta(days=30)
# Deliveries of the same content that fail in processing before it is given up.
MAX_DELIVERIES = 3
SAMPLES = 5
PAGE_ROWS = 10_000
OUTBOX_COLUMNS = (
    "record_key, person_key, action, content_hash, field_hashes, changed_fields, payload, stale_identifiers, "
    "reject_reason"
)


@dataclass(frozen=True)
class Progress:
    """How far a plan has come: records by what happened to them.

    :param in_destination: records the destination holds, as far as confirmed.
    :param dead_letters: open dead letters of the sync.
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
        self._table = table
        self._run_id = run_id
        self._state = table("ops.activation_state")
        self._outbox = table("ops.activation_outbox")
        self._changelog = table("ops.activation_changelog")
        self._dead_letters = table("ops.activation_dead_letters")

    def settle(self) -> None:
        """Bring results that are in the changelog into state and dead letters, then drop their intents.

        Runs before a plan is made and after each run, so that a crash between two of its steps is made good.
        """
        since = self._rows(
            f"select min(planned_at) as planned_at from `{self._outbox}` where sync_name = @sync_name"  # noqa: S608
        )[0]["planned_at"]
        if since is None:
            return
        parameters = [bigquery.ScalarQueryParameter("since", "TIMESTAMP", since - CLOCK_SKEW)]
        for statement in self._settle_statements():
            self._query(statement, parameters)

    def _settle_statements(self) -> list[str]:
        results = f"""
            select
                outbox.sync_name, outbox.run_id, outbox.plan_id, outbox.record_key, outbox.person_key,
                outbox.action, outbox.content_hash, outbox.field_hashes, outbox.payload,
                concat(
                    coalesce(outbox.payload, ''), '{IDENTIFIER_SEPARATOR}', coalesce(outbox.stale_identifiers, '')
                ) as identifiers,
                changelog.status, changelog.error_code, changelog.error_message, changelog.recorded_at,
                logical_or(changelog.status = 'accepted') over (partition by outbox.record_key) as was_accepted
            from `{self._outbox}` as outbox
            inner join `{self._changelog}` as changelog
                on
                    outbox.plan_id = changelog.plan_id
                    and outbox.record_key = changelog.record_key
            where
                outbox.sync_name = @sync_name
                and changelog.sync_name = @sync_name
                and changelog.recorded_at >= @since
            qualify row_number() over (
                partition by outbox.record_key order by changelog.recorded_at desc, outbox.planned_at desc
            ) = 1"""  # noqa: S608
        keeps_identifiers = self._sync.destination == "google_data_manager"
        payload = "result.payload" if keeps_identifiers else "cast(null as string)"
        # What was accepted and failed in processing may be there or not: by all its identifiers it can be taken back.
        return [
            f"""
            merge into `{self._state}` as state
            using (
                select * from ({results})
                where status = 'sent' or (was_accepted and status in ('unconfirmed', 'rejected'))
            ) as result
                on state.sync_name = result.sync_name and state.record_key = result.record_key
            when matched and result.status = 'sent' and result.action = 'remove' then delete
            when matched and result.status = 'sent' then update set
                person_key = result.person_key, content_hash = result.content_hash,
                field_hashes = result.field_hashes, payload = {payload},
                sent_at = result.recorded_at, run_id = result.run_id
            when matched then update set
                person_key = result.person_key, content_hash = '{UNCONFIRMED}',
                payload = if(
                    strpos(state.payload, result.identifiers) > 0, state.payload,
                    concat(coalesce(state.payload, ''), '{IDENTIFIER_SEPARATOR}', result.identifiers)
                ),
                sent_at = result.recorded_at, run_id = result.run_id
            when not matched and result.status != 'sent' then
                insert (sync_name, record_key, person_key, content_hash, field_hashes, payload, sent_at, run_id)
                values (
                    result.sync_name, result.record_key, result.person_key, '{UNCONFIRMED}',
                    coalesce(result.field_hashes, '{{}}'), result.identifiers, result.recorded_at, result.run_id
                )
            when not matched and result.action != 'remove' then
                insert (sync_name, record_key, person_key, content_hash, field_hashes, payload, sent_at, run_id)
                values (
                    result.sync_name, result.record_key, result.person_key, result.content_hash,
                    result.field_hashes, {payload}, result.recorded_at, result.run_id
                )""",  # noqa: S608
            f"""
            merge into `{self._dead_letters}` as dead
            using (select * from ({results}) where status in ('sent', 'rejected')) as result
                on dead.sync_name = result.sync_name and dead.record_key = result.record_key
            when matched and result.status = 'sent' then delete
            when matched then update set
                action = result.action, content_hash = result.content_hash, error_code = result.error_code,
                error_message = result.error_message, last_failed_at = result.recorded_at,
                run_id = result.run_id
            when not matched and result.status = 'rejected' then
                insert (
                    sync_name, record_key, action, content_hash, error_code, error_message,
                    first_failed_at, last_failed_at, run_id
                )
                values (
                    result.sync_name, result.record_key, result.action, result.content_hash, result.error_code,
                    result.error_message, result.recorded_at, result.recorded_at, result.run_id
                )""",  # noqa: S608
            f"""
            delete from `{self._outbox}` as outbox
            where
                outbox.sync_name = @sync_name
                and exists (
                    select 1 from `{self._changelog}` as changelog
                    where
                        changelog.plan_id = outbox.plan_id
                        and changelog.record_key = outbox.record_key
                        and changelog.sync_name = @sync_name
                        and changelog.recorded_at >= @since
                        and changelog.status != 'accepted'
                )""",  # noqa: S608
        ]

    def accepted(self) -> dict[str, datetime]:
        """Return the references that the destination is still processing, with the time of their acceptance.

        ``settle`` must have run: what has a final result has no intent any more.
        """
        rows = self._rows(
            f"""
            select changelog.reference, min(changelog.recorded_at) as accepted_at
            from `{self._outbox}` as outbox
            inner join `{self._changelog}` as changelog
                on
                    outbox.plan_id = changelog.plan_id
                    and outbox.record_key = changelog.record_key
            where
                outbox.sync_name = @sync_name
                and changelog.sync_name = @sync_name
                and changelog.recorded_at >= @since
                and changelog.status = 'accepted'
            group by changelog.reference
            order by accepted_at""",  # noqa: S608
            [_since_intents()],
        )
        return {row["reference"]: row["accepted_at"] for row in rows}

    def record_processed(self, results: Mapping[str, Processed]) -> None:
        """Append the results of accepted requests to the changelog, for every record of theirs.

        The destination says how many records failed and why, not which. So all of a request's records are
        ``unconfirmed`` then and the next plan sends them again; after three deliveries of the same content they
        are ``rejected``.

        :param results: what became of each reference.
        """
        by_result: dict[Processed, list[str]] = {}
        for reference, result in results.items():
            by_result.setdefault(result, []).append(reference)
        for result, references in by_result.items():
            self._query(
                f"""
                insert into `{self._changelog}` (
                    recorded_at, sync_name, run_id, plan_id, record_key, action, status, content_hash,
                    changed_fields, error_code, error_message, reference
                )
                with accepted as (
                    select plan_id, record_key, action, content_hash, changed_fields, reference
                    from `{self._changelog}`
                    where
                        sync_name = @sync_name
                        and recorded_at >= @since
                        and status = 'accepted'
                        and reference in unnest(@references)
                ),

                deliveries as (
                    select record_key, coalesce(content_hash, '') as content_hash, count(*) as failed
                    from `{self._changelog}`
                    where sync_name = @sync_name and recorded_at >= @since and status = 'unconfirmed'
                    group by 1, 2
                )

                select
                    @recorded_at, @sync_name, @run_id, accepted.plan_id, accepted.record_key, accepted.action,
                    case
                        when @error_code is null then 'sent'
                        when coalesce(deliveries.failed, 0) + 1 < {MAX_DELIVERIES} then 'unconfirmed'
                        else 'rejected'
                    end,
                    accepted.content_hash, accepted.changed_fields, @error_code, @error_message, accepted.reference
                from accepted
                left join deliveries
                    on
                        accepted.record_key = deliveries.record_key
                        and coalesce(accepted.content_hash, '') = deliveries.content_hash""",  # noqa: S608
                [
                    _since_intents(),
                    bigquery.ArrayQueryParameter("references", "STRING", references),
                    bigquery.ScalarQueryParameter("recorded_at", "TIMESTAMP", datetime.now(UTC)),
                    bigquery.ScalarQueryParameter("run_id", "STRING", self._run_id),
                    bigquery.ScalarQueryParameter("error_code", "STRING", result.error_code),
                    bigquery.ScalarQueryParameter("error_message", "STRING", result.error_message),
                ],
            )

    def preview(self, *, full_resync: bool, retry_dead_letters: bool) -> list[dict[str, Any]]:
        """Return, per action, the number of records and samples of their keys and changed fields.

        Nothing is written. Besides add, change, remove and reject the actions are unchanged, suppressed (no
        consent) and held (rejected before with the same content).
        """
        ctes, parameters = diff_sql(self._sync, self._table)
        return self._rows(
            f"""{ctes}
            select
                action,
                count(*) as records,
                array_agg(record_key order by record_key limit {SAMPLES}) as sample_keys,
                array_agg(coalesce(reject_reason, changed_fields, '') order by record_key limit {SAMPLES})
                    as sample_details
            from changes
            group by action
            order by action""",  # noqa: S608
            [*parameters, *self._plan_parameters("", full_resync, retry_dead_letters)],
        )

    def plan(self, *, full_resync: bool, retry_dead_letters: bool) -> str:
        """Write the intents of a new plan into the outbox and return the plan's id.

        :param full_resync: whether unchanged records are sent as well.
        :param retry_dead_letters: whether records that were rejected are tried again unchanged.
        """
        planned_at = datetime.now(UTC)
        plan_id = f"{planned_at.strftime(PLAN_TIME)}-{uuid.uuid4().hex[:8]}"
        ctes, parameters = diff_sql(self._sync, self._table)
        parameters += [
            *self._plan_parameters(plan_id, full_resync, retry_dead_letters),
            bigquery.ScalarQueryParameter("run_id", "STRING", self._run_id),
            bigquery.ScalarQueryParameter("planned_at", "TIMESTAMP", planned_at),
        ]
        self._query(
            f"""insert into `{self._outbox}` (plan_id, run_id, sync_name, planned_at, {OUTBOX_COLUMNS})
            {ctes}
            select @plan_id, @run_id, @sync_name, @planned_at, {OUTBOX_COLUMNS}
            from changes
            where action in ('add', 'change', 'remove', 'reject')
            union all
            select
                @plan_id, @run_id, @sync_name, @planned_at, record_key, null, 'forget',
                null, null, null, null, null, null
            from cured""",  # noqa: S608
            parameters,
        )
        return plan_id

    def adopt(self, plan_id: str) -> None:
        """Make a plan the one that counts: record its rejects, drop dead letters without a cause, and drop
        the older intents that it covers.

        Older intents of records that the plan does not send stay: the destination may hold them.
        """
        parameters = [bigquery.ScalarQueryParameter("plan_id", "STRING", plan_id)]
        self._query(
            f"""
            insert into `{self._changelog}` (
                recorded_at, sync_name, run_id, plan_id, record_key, action, status, content_hash,
                error_code, error_message
            )
            select
                planned_at, sync_name, run_id, plan_id, record_key, action, 'rejected', content_hash,
                split(reject_reason, ':')[offset(0)], reject_reason
            from `{self._outbox}`
            where sync_name = @sync_name and plan_id = @plan_id and action = 'reject'""",  # noqa: S608
            parameters,
        )
        self._query(
            f"""
            delete from `{self._dead_letters}`
            where
                sync_name = @sync_name
                and record_key in (
                    select record_key from `{self._outbox}`
                    where sync_name = @sync_name and plan_id = @plan_id and action = 'forget'
                )""",  # noqa: S608
            parameters,
        )
        self._query(
            f"""
            delete from `{self._outbox}`
            where
                sync_name = @sync_name
                and (
                    action = 'forget'
                    or (plan_id != @plan_id and action = 'reject')
                    or (
                        plan_id != @plan_id
                        and record_key in (
                            select record_key from `{self._outbox}`
                            where
                                sync_name = @sync_name
                                and plan_id = @plan_id
                                and action in ('add', 'change', 'remove')
                        )
                    )
                )""",  # noqa: S608
            parameters,
        )

    def withdraw(self, plan_id: str) -> None:
        """Delete the intents of a plan of which nothing was sent."""
        self._query(
            f"delete from `{self._outbox}` where sync_name = @sync_name and plan_id = @plan_id",  # noqa: S608
            [bigquery.ScalarQueryParameter("plan_id", "STRING", plan_id)],
        )

    def pending(self, plan_id: str, *, removes: bool) -> tuple[int, Iterator[Change]]:
        """Return how many changes of a plan have no result yet, and the changes, read page by page.

        :param plan_id: the plan.
        :param removes: True for removes, False for adds and changes.
        """
        parameters = [
            *_plan(plan_id),
            _since_intents("since_intents"),
            bigquery.ScalarQueryParameter("removes", "BOOL", removes),
        ]
        rows = self._query(
            f"""
            with partly_failed as (
                select record_key, count(*) as suspected
                from `{self._changelog}`
                where
                    sync_name = @sync_name
                    and recorded_at >= @since_intents
                    and status in ('unconfirmed', 'rejected')
                    and error_code = '{PARTIAL_SUCCESS}'
                group by record_key
            )

            select
                outbox.record_key, outbox.action, outbox.payload, outbox.stale_identifiers,
                outbox.content_hash, outbox.changed_fields,
                least(coalesce(partly_failed.suspected, 0), {MAX_DELIVERIES - 1}) as suspected
            from `{self._outbox}` as outbox
            left join `{self._changelog}` as changelog
                on
                    outbox.plan_id = changelog.plan_id
                    and outbox.record_key = changelog.record_key
                    and changelog.sync_name = @sync_name
                    and changelog.recorded_at >= @since
            left join partly_failed on outbox.record_key = partly_failed.record_key
            where
                outbox.sync_name = @sync_name
                and outbox.plan_id = @plan_id
                and outbox.action in ('add', 'change', 'remove')
                and (outbox.action = 'remove') = @removes
                and changelog.record_key is null
            order by suspected, outbox.record_key""",  # noqa: S608
            parameters,
            page_size=PAGE_ROWS,
        )
        return rows.total_rows or 0, (self._change(row) for row in rows)

    def _change(self, row: bigquery.Row) -> Change:
        by_identifiers = self._sync.destination == "google_data_manager"
        payload = row["payload"] or ""
        return Change(
            record_key=row["record_key"],
            action=row["action"],
            payload=json.loads(payload) if payload and not by_identifiers else {},
            identifiers=_identifiers(payload) if by_identifiers else (),
            stale_identifiers=_identifiers(row["stale_identifiers"] or ""),
            content_hash=row["content_hash"],
            changed_fields=row["changed_fields"] or "",
            suspected=row["suspected"],
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
                    "error_message": masked(outcome.error_message) if outcome.error_message else None,
                    "reference": outcome.reference,
                }
                for outcome in outcomes
            ],
        )

    def progress(self, plan_id: str | None) -> Progress:
        """Return how far a plan has come; None counts what the destination holds only."""
        plan_id = plan_id or f"{datetime.now(UTC).strftime(PLAN_TIME)}-none"
        row = self._rows(
            f"""
            with outbox as (
                select record_key, action from `{self._outbox}`
                where sync_name = @sync_name and plan_id = @plan_id
            ),

            results as (
                select
                    record_key,
                    action,
                    logical_or(status = 'rejected') as is_rejected,
                    logical_or(status = 'sent') as is_sent
                from `{self._changelog}`
                where sync_name = @sync_name and plan_id = @plan_id and recorded_at >= @since
                group by record_key, action
            ),

            planned as (
                select record_key, action from outbox
                union distinct
                select record_key, action from results
            )

            select
                (select count(*) from planned where action = 'add') as adds,
                (select count(*) from planned where action = 'change') as changes,
                (select count(*) from planned where action = 'remove') as removes,
                (select count(*) from planned where action = 'reject') as rejects,
                (select count(*) from results where is_sent and not is_rejected) as sent,
                (select count(*) from results where is_rejected) as rejected,
                (
                    select count(*) from outbox left join results using (record_key)
                    where results.record_key is null and outbox.action in ('add', 'change', 'remove')
                ) as pending,
                (select count(*) from `{self._state}` where sync_name = @sync_name and content_hash != '{UNCONFIRMED}')
                    as in_destination,
                (select count(*) from `{self._dead_letters}` where sync_name = @sync_name) as dead_letters""",  # noqa: S608
            _plan(plan_id),
        )[0]
        return Progress(**row)

    def rejections(self, plan_id: str) -> list[dict[str, Any]]:
        """Return the reasons of a plan's rejections, the most frequent first, each with one record."""
        return self._rows(
            f"""
            select error_code, count(*) as records, min(record_key) as record_key, min(error_message) as message
            from `{self._changelog}`
            where
                sync_name = @sync_name
                and plan_id = @plan_id
                and recorded_at >= @since
                and status = 'rejected'
            group by error_code
            order by records desc
            limit 20""",  # noqa: S608
            _plan(plan_id),
        )

    def record_run(self, row: dict[str, Any]) -> None:
        """Append the outcome of a run to ``activation_runs``."""
        self._load(self._table("ops.activation_runs"), [row])

    def _plan_parameters(
        self, plan_id: str, full_resync: bool, retry_dead_letters: bool
    ) -> list[bigquery.ScalarQueryParameter]:
        return [
            bigquery.ScalarQueryParameter("plan_id", "STRING", plan_id),
            bigquery.ScalarQueryParameter("full_resync", "BOOL", full_resync),
            bigquery.ScalarQueryParameter("retry_dead_letters", "BOOL", retry_dead_letters),
            _since_intents(),
        ]

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        return [dict(row) for row in self._query(sql, parameters)]

    def _query(self, sql: str, parameters: Sequence[Any] = (), page_size: int | None = None) -> Any:
        config = bigquery.QueryJobConfig(
            query_parameters=[
                bigquery.ScalarQueryParameter("sync_name", "STRING", self._sync.name),
                *parameters,
            ],
        )
        return self._client.query(sql, job_config=config).result(page_size=page_size)

    def _load(self, table: str, rows: list[dict[str, Any]]) -> None:
        config = bigquery.LoadJobConfig(
            source_format="NEWLINE_DELIMITED_JSON",
            schema=self._client.get_table(table).schema,
            write_disposition="WRITE_APPEND",
        )
        lines = io.BytesIO("\n".join(json.dumps(row) for row in rows).encode())
        self._client.load_table_from_file(lines, table, job_config=config).result()


def _plan(plan_id: str) -> list[bigquery.ScalarQueryParameter]:
    """Return the parameters of a plan; no result is older than the plan, which spares old partitions."""
    since = datetime.strptime(plan_id.split("-", maxsplit=1)[0], PLAN_TIME).replace(tzinfo=UTC)
    return [
        bigquery.ScalarQueryParameter("plan_id", "STRING", plan_id),
        bigquery.ScalarQueryParameter("since", "TIMESTAMP", since - CLOCK_SKEW),
    ]


def _since_intents(name: str = "since") -> bigquery.ScalarQueryParameter:
    """Return the parameter that spares the changelog's old partitions where no single plan is asked for."""
    return bigquery.ScalarQueryParameter(name, "TIMESTAMP", datetime.now(UTC) - INTENTS_LIVE)


def _status(outcome: Outcome) -> str:
    if outcome.error_code:
        return "rejected"
    return "accepted" if outcome.is_accepted else "sent"


def _identifiers(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(IDENTIFIER_SEPARATOR) if part)
