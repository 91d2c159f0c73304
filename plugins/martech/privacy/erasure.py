"""The right to erasure: finds a person, removes them from every table, and proves it.

A request goes ``requested`` → ``destinations_confirmed`` → ``erased`` → ``proven`` (``ops.erasure_requests``). Each
step can be repeated. Identifiers never leave the warehouse: ``ops.erasure_identifiers`` has them from the plan to the
proof, and statements read them there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from google.cloud import bigquery
from google.cloud.bigquery.table import RowIterator

from martech.privacy.personal_table import PersonalTable, every_partition_sql, pattern_sql
from martech.warehouse.statements import Sql, change, run, statement

log = logging.getLogger(__name__)

TABLES_PER_QUERY = 20
# What holds rows of its own; a clone is a TABLE. Views hold none.
SEARCHED = ("TABLE", "SNAPSHOT", "EXTERNAL")
DEFAULT_TIME_TRAVEL_HOURS = 168
# Kinds of identifiers that the `stg_` models recognise: they drop what lands of these records again.
SUPPRESSED = {"identity": Sql(""), "shopify:order": "shopify:order:", "user": "shopify:customer:"}


class ErasureError(Exception):
    """The request cannot go on; the message names the fix."""


@dataclass(frozen=True)
class Selector:
    """Who is meant: one of the three is given.

    :param identity_key: key of any of their source records, ``<source>:<entity>:<id>``.
    :param customer_id: present or former id of the customer.
    :param email_sha256: SHA-256 (hex) of an e-mail address of theirs, in lower case.
    """

    identity_key: str | None = None
    customer_id: str | None = None
    email_sha256: str | None = None

    @property
    def given(self) -> tuple[str, str]:
        """Which of the three is given, and its value."""
        return next((name, value) for name, value in vars(self).items() if value)

    def __post_init__(self) -> None:
        if sum(bool(value) for value in vars(self).values()) != 1:
            raise ErasureError("Say who is to be erased by one of identity_key, customer_id and email_sha256.")


class Erasure:
    """One request.

    :param client: BigQuery client.
    :param request_id: id of the request.
    :param run_id: the Airflow run.
    :param table: returns the full name of ``layer.table``.
    :param tables: what the tables hold.
    :param find_customer_sql: query for the customers that a selector leads to.
    :param identifiers_sql: query for everything that names a customer (``kind``, ``value``).
    """

    def __init__(  # noqa: PLR0913 - what the warehouse is like, and the request
        self,
        client: bigquery.Client,
        *,
        request_id: str,
        run_id: str,
        table: Callable[[str], str],
        tables: Iterable[PersonalTable],
        find_customer_sql: str,
        identifiers_sql: str,
    ) -> None:
        self._client = client
        self._request_id = request_id
        self._run_id = run_id
        self._table = table
        # The salt is read where it is used: no statement, log or job has it in its text.
        self._person = Sql(identifiers_sql)
        self._names = {
            "requests": table("ops.erasure_requests"),
            "identifiers": table("ops.erasure_identifiers"),
            "suppressed": table("ops.suppressed_identities"),
            "salts": table("secrets.erasure_salt"),
            "person": self._person,
        }
        self._identifiers = Sql(f"`{self._names['identifiers']}`")
        self._find_customer_sql = find_customer_sql
        declared_tables = list(tables)
        datasets = sorted({declared.name.rpartition(".")[0] for declared in declared_tables})
        existing = {f"{dataset}.{item.table_id}" for dataset in datasets for item in client.list_tables(dataset)}
        # What has not been built yet holds nobody.
        self._tables = [declared for declared in declared_tables if declared.name in existing]

    def status(self) -> str | None:
        """Return how far the request has come; None where there is none yet."""
        rows = self._rows(self._statement("request_status"))
        return rows[0]["status"] if rows else None

    def find(self, selector: Selector) -> str:
        """Return the customer that is meant.

        :raises ErasureError: where it is nobody, or more than one.
        """
        customers = self._customers(selector)
        if len(customers) == 1:
            return customers[0]
        given, value = selector.given
        if customers:
            raise ErasureError(
                f"This {given} belongs to {len(customers)} customers, who may be people of one household: "
                f"{', '.join(customers)}. Look them up in {self._table('silver.customer_360')} "
                "and trigger with customer_id."
            )
        earlier = self._rows(
            self._statement("earlier_request"),
            value=value,
        )
        if earlier:
            raise ErasureError(
                f"Nobody has this {given} any more: request {earlier[0]['request_id']} has erased them "
                f"(it is {earlier[0]['status']}). Nothing is left to be done."
            )
        raise ErasureError(
            f"Nobody has this {given}. Check it against {self._table('silver.identity_map')}; a record that landed "
            "today is known after the next build of silver. Nothing was changed."
        )

    def _customers(self, selector: Selector) -> list[str]:
        return [row["customer_id"] for row in self._rows(self._find_customer_sql, **vars(selector))]

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
        self._query(self._statement("make_salt"))
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

    def preview_of_connectors(self, customer_id: str, connectors: Mapping[str, str]) -> dict[str, int]:
        """Return how many rows of which connectors' tables name a customer. Nothing is written.

        :param connectors: the source that delivers, by dataset.
        """
        tables = self._tables_of(connectors)
        found = self._tables_with_traces(tables, person=self._person, customer_id=customer_id)
        return {_name(table): rows for table, rows in found}

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

    def _tables_of(self, datasets: Iterable[str]) -> list[bigquery.Table]:
        names = [
            f"{item.project}.{item.dataset_id}.{item.table_id}"
            for dataset in datasets
            for item in self._client.list_tables(dataset)
            if item.table_type in SEARCHED
        ]
        return [self._client.get_table(name) for name in names if name != self._names["identifiers"]]

    def forget(self) -> None:
        """Delete the identifiers of the request."""
        self._query(self._statement("forget"))

    def _tables_with_traces(
        self, tables: Sequence[bigquery.Table], person: Sql | None = None, **values: str
    ) -> list[tuple[bigquery.Table, int]]:
        """Return the tables in which somebody is found, and in how many rows.

        :param person: query for their identifiers; without it those of the request are read.
        """
        pattern = pattern_sql(Sql("identifiers") if person else self._identifiers)
        searched = [
            {"number": number, "name": _name(table), "everywhere": _everywhere(table)}
            for number, table in enumerate(tables)
        ]
        found = []
        for start in range(0, len(searched), TABLES_PER_QUERY):
            part = searched[start : start + TABLES_PER_QUERY]
            sql = self._statement("tables_with_traces", tables=part, pattern=pattern, person=person or Sql(""))
            found += [(tables[row["number"]], row["found"]) for row in self._rows(sql, **values) if row["found"]]
        return found

    def _columns_with_traces(self, table: bigquery.Table) -> str:
        pattern = pattern_sql(self._identifiers)
        counts = [
            f"countif(regexp_contains(to_json_string({column.name}), {pattern})) as {column.name}"
            for column in table.schema
        ]
        by_column = self._rows(
            self._statement(
                "columns_with_traces",
                table=_name(table),
                counts=Sql(", ".join(counts)),
                everywhere=_everywhere(table),
                pattern=pattern,
            )
        )[0]
        columns = [f"{column} in {count} rows" for column, count in by_column.items() if count]
        return f"{_name(table)}: {', '.join(columns)}"

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

    def _statement(self, name: str, **names: Any) -> Sql:
        return statement(f"privacy/sql/{name}.sql", **{**self._names, **names})

    def _query(self, sql: str, **values: str | int | list[str] | None) -> RowIterator:
        return run(self._client, sql, {"request_id": self._request_id, **values})

    def _rows(self, sql: str, **values: str | int | list[str] | None) -> list[Mapping[str, Any]]:
        return list(self._query(sql, **values))


def _name(table: bigquery.Table) -> str:
    return f"{table.project}.{table.dataset_id}.{table.table_id}"


def _everywhere(table: bigquery.Table) -> Sql:
    return every_partition_sql(table.time_partitioning.field if table.time_partitioning else None)
