"""The right to erasure: finds a person, removes them from every table, and proves it.

A request goes ``requested`` → ``destinations_confirmed`` → ``erased`` → ``proven`` (``ops.erasure_requests``). Each
step can be repeated. Identifiers never leave the warehouse: ``ops.erasure_identifiers`` has them from the plan to the
proof, and statements read them there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from google.cloud import bigquery

from martech.privacy.person_request import PersonError, PersonRequest, Selector, everywhere_sql, full_name
from martech.privacy.personal_table import pattern_sql
from martech.warehouse.statements import Sql, change

log = logging.getLogger(__name__)

DEFAULT_TIME_TRAVEL_HOURS = 168
# Kinds of identifiers that the `stg_` models recognise: they drop what lands of these records again.
SUPPRESSED = {"identity": Sql(""), "shopify:order": "shopify:order:", "user": "shopify:customer:"}


class ErasureError(PersonError):
    """The erasure cannot go on; the message names the fix."""


class Erasure(PersonRequest):
    """One request to be erased."""

    def status(self) -> str | None:
        """Return how far the request has come; None where there is none yet."""
        rows = self._rows(self._statement("request_status"))
        return rows[0]["status"] if rows else None

    def require_same_person(self, selector: Selector) -> None:
        """Check that the request, which is there already, is about whom a run names now.

        :raises ErasureError: where it is about somebody else.
        """
        names = [selector.given[1], *self._customers(selector)]
        if not self._rows(self._statement("request_is_about"), names=names)[0]["is_about"]:
            raise ErasureError(
                f"Request {self._request_id} is about another person than this {selector.given[0]}; nobody was erased. "
                "Trigger again with a request_id of its own, or with the key that the request was made with."
            )

    def preview(self, customer_id: str) -> dict[str, int]:
        """Return how many rows of which table would be removed. Nothing is written."""
        tables = [
            {"name": declared.name, "belongs": belongs}
            for declared in self._tables
            if (belongs := declared.belongs_sql(Sql("identifiers")))
        ]
        rows = self._rows(
            self._statement("preview", tables=tables),
            customer_id=customer_id,
        )
        return {row["name"]: row["found"] for row in rows if row["found"]}

    def request(self, customer_id: str, selector: Selector) -> None:
        """Write down who is meant: identifiers for the steps to come, hashes for good, and the request last.

        :param customer_id: the customer that was found.
        :param selector: what was asked for.
        """
        self.make_salt()
        self._query(self._statement("forget"))
        self._query(
            self._statement("keep_identifiers"),
            customer_id=customer_id,
        )
        self._query(self._statement("unsuppress"))
        self._query(self._statement("suppress", suppressed_kinds=SUPPRESSED.items()))
        self._query(
            self._statement("make_request"),
            customer_id=customer_id,
            selector=selector.given[1],
            run_id=self._run_id,
        )

    def syncs_not_run(self, syncs: list[str], runs: str) -> list[str]:
        """Return the syncs of which no run has compared all records and ended since the request was made.

        A run that plans later than somebody looks may still find the person, and write of it.

        :param syncs: names of all declared syncs.
        :param runs: name of the table of their runs, with columns ``sync_name`` and ``planned_at``.
        """
        return [row["sync_name"] for row in self._rows(self._statement("syncs_not_run", runs=runs), syncs=syncs)]

    def held_by_destinations(self, state: Sequence[str]) -> dict[str, int]:
        """Return how many records each sync still holds, or may hold, of the person.

        :param state: names of the tables that say so, each with a column ``sync_name``.
        """
        held: dict[str, int] = {}
        for declared in self._tables:
            belongs = declared.belongs_sql(self._identifiers)
            if declared.name in state and belongs:
                for row in self._rows(self._statement("held_by_syncs", state=declared.name, belongs=belongs)):
                    held[row["sync_name"]] = held.get(row["sync_name"], 0) + row["held"]
        return held

    def refusals(self, dead_letters: str) -> dict[str, list[str]]:
        """Return, by sync, why destinations refuse to remove the person.

        :param dead_letters: name of the table that says so, with columns ``sync_name``, ``error_code`` and
            ``error_message``.
        """
        reasons: dict[str, list[str]] = {}
        for declared in self._tables:
            belongs = declared.belongs_sql(self._identifiers)
            if declared.name == dead_letters and belongs:
                for row in self._rows(self._statement("refusals", dead_letters=declared.name, belongs=belongs)):
                    reasons.setdefault(row["sync_name"], []).append(row["reason"])
        return reasons

    def confirm_destinations(self) -> None:
        """Write down that no destination holds the person any more."""
        self._advance("destinations_confirmed")

    def erase(self) -> dict[str, int]:
        """Remove the person from every table and return the rows changed, by table.

        :raises ErasureError: where the identifiers are gone.
        """
        self._require_identifiers()
        counts: dict[str, int] = {}
        for declared in self._tables:
            for sql in declared.statements(self._identifiers):
                if changed := change(self._client, sql, {"request_id": self._request_id}):
                    counts[declared.name] = counts.get(declared.name, 0) + changed
        before = self._rows(self._statement("erased_rows"))[0]["erased_rows"]
        total = json.loads(before or "null") or {}
        for name, changed in counts.items():
            total[name] = total.get(name, 0) + changed
        self._advance("erased", erased_rows=json.dumps(total, sort_keys=True))
        return counts

    def prove(self, datasets: Iterable[str], connectors: Mapping[str, str]) -> int:
        """Search every column of every table for every identifier; return the number of tables searched.

        Empties the list of identifiers in the end: then no trace of the person is left.

        :param datasets: ids of our datasets.
        :param connectors: the source that delivers, by dataset of a connector. The pipeline may only read these.
        :raises ErasureError: where an identifier is found, naming table and columns, or the identifiers are gone.
        """
        self._require_identifiers()
        ours, theirs = self._tables_of(datasets), self._tables_of(connectors)
        found = [self._columns_with_traces(table) for table, _ in self._tables_with_traces(ours)]
        if found:
            raise ErasureError(
                "The person is still found: "
                + "; ".join(found)
                + ". A build that ran meanwhile may have written it: clear erase_rows. Otherwise declare the column "
                "(`person` or `person_references`), or drop the table if it is not ours, and clear it. Rows of a "
                "snapshot or an external table cannot be deleted: drop the snapshot, remove the person from the files."
            )
        traces = [(self._columns_with_traces(table), table.dataset_id) for table, _ in self._tables_with_traces(theirs)]
        if traces:
            sources = ", ".join(sorted({connectors[dataset] for _, dataset in traces}))
            raise ErasureError(
                "Our tables have nothing of the person any more, but connectors' tables, which the pipeline only "
                f"reads: {'; '.join(text for text, _ in traces)}. Erase the person at {sources} first, or the "
                "connector writes the rows again. Then delete these rows: a connector keeps what its source has "
                "deleted. Then clear prove_erasure."
            )
        self._advance("proven", searched_tables=len(ours) + len(theirs))
        self.forget()
        return len(ours) + len(theirs)

    def time_travel_ends(self, datasets: Iterable[str], now: datetime) -> datetime:
        """Return when nobody can read rows any more that are deleted now.

        :param datasets: ids of datasets.
        :param now: the current time.
        """
        hours = [int(self._client.get_dataset(name).max_time_travel_hours or 0) for name in datasets]
        return now + timedelta(hours=max(found or DEFAULT_TIME_TRAVEL_HOURS for found in hours))

    def forget(self) -> None:
        """Delete the identifiers of the request."""
        self._query(self._statement("forget"))

    def _columns_with_traces(self, table: bigquery.Table) -> str:
        pattern = pattern_sql(self._identifiers)
        counts = [
            f"countif(regexp_contains(to_json_string({column.name}), {pattern})) as {column.name}"
            for column in table.schema
        ]
        by_column = self._rows(
            self._statement(
                "columns_with_traces",
                table=full_name(table),
                counts=Sql(", ".join(counts)),
                everywhere=everywhere_sql(table),
                pattern=pattern,
            )
        )[0]
        columns = [f"{column} in {count} rows" for column, count in by_column.items() if count]
        return f"{full_name(table)}: {', '.join(columns)}"

    def _require_identifiers(self) -> None:
        row = self._rows(self._statement("identifiers_left"))[0]
        if row["expected"] is None:
            raise ErasureError(f"Request {self._request_id} is unknown: clear plan_erasure.")
        if row["found"] != row["expected"]:
            raise ErasureError(
                f"{row['found']} of {row['expected']} identifiers of request {self._request_id} are left: somebody "
                "has deleted the others, so nothing could be proved. Trigger a new request for the person."
            )

    def _advance(self, status: str, **values: str | int) -> None:
        self._query(self._statement("advance", status=status), run_id=self._run_id, **values)
