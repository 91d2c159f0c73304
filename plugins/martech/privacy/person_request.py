"""One person's request: whom it is about, and what of our tables is theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.cloud import bigquery
from google.cloud.bigquery.table import RowIterator

from martech.privacy.personal_table import PersonalTable, every_partition_sql, pattern_sql
from martech.warehouse.statements import Sql, run, statement

TABLES_PER_QUERY = 20
# What holds rows of its own; a clone is a TABLE. Views hold none.
SEARCHED = ("TABLE", "SNAPSHOT", "EXTERNAL")


class PersonError(Exception):
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
            raise PersonError("Say who is meant by one of identity_key, customer_id and email_sha256.")


class PersonRequest:
    """A request about one person; identifiers never leave the warehouse.

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

    def find(self, selector: Selector) -> str:
        """Return the customer that is meant.

        :raises PersonError: where it is nobody, or more than one.
        """
        customers = self._customers(selector)
        if len(customers) == 1:
            return customers[0]
        given, value = selector.given
        if customers:
            raise PersonError(
                f"This {given} belongs to {len(customers)} customers, who may be people of one household: "
                f"{', '.join(customers)}. Look them up in {self._table('silver.customer_360')} "
                "and trigger with customer_id."
            )
        earlier = self._rows(
            self._statement("earlier_request"),
            value=value,
        )
        if earlier:
            raise PersonError(
                f"Nobody has this {given} any more: request {earlier[0]['request_id']} has erased them "
                f"(it is {earlier[0]['status']}). Nothing is left to be done."
            )
        raise PersonError(
            f"Nobody has this {given}. Check it against {self._table('silver.identity_map')}; a record that landed "
            "today is known after the next build of silver. Nothing was changed."
        )

    def make_salt(self) -> None:
        """Make the salt of all hashes, where there is none yet."""
        self._query(self._statement("make_salt"))

    def rows_at_connectors(self, customer_id: str, connectors: Mapping[str, str]) -> dict[str, int]:
        """Return how many rows of which connectors' tables name a customer. Nothing is written.

        :param connectors: the source that delivers, by dataset.
        """
        tables = self._tables_of(connectors)
        found = self._tables_with_traces(tables, person=self._person, customer_id=customer_id)
        return {full_name(table): rows for table, rows in found}

    def _tables_of(self, datasets: Iterable[str]) -> list[bigquery.Table]:
        names = [
            f"{item.project}.{item.dataset_id}.{item.table_id}"
            for dataset in datasets
            for item in self._client.list_tables(dataset)
            if item.table_type in SEARCHED
        ]
        return [self._client.get_table(name) for name in names if name != self._names["identifiers"]]

    def _tables_with_traces(
        self, tables: Sequence[bigquery.Table], person: Sql | None = None, **values: str
    ) -> list[tuple[bigquery.Table, int]]:
        """Return the tables in which somebody is found, and in how many rows.

        :param person: query for their identifiers; without it those of the request are read.
        """
        pattern = pattern_sql(Sql("identifiers") if person else self._identifiers)
        searched = [
            {"number": number, "name": full_name(table), "everywhere": everywhere_sql(table)}
            for number, table in enumerate(tables)
        ]
        found = []
        for start in range(0, len(searched), TABLES_PER_QUERY):
            part = searched[start : start + TABLES_PER_QUERY]
            sql = self._statement("tables_with_traces", tables=part, pattern=pattern, person=person or Sql(""))
            found += [(tables[row["number"]], row["found"]) for row in self._rows(sql, **values) if row["found"]]
        return found

    def _customers(self, selector: Selector) -> list[str]:
        return [row["customer_id"] for row in self._rows(self._find_customer_sql, **vars(selector))]

    def _statement(self, name: str, **names: Any) -> Sql:
        return statement(f"privacy/sql/{name}.sql", **{**self._names, **names})

    def _query(self, sql: str, **values: str | int | list[str] | None) -> RowIterator:
        return run(self._client, sql, {"request_id": self._request_id, **values})

    def _rows(self, sql: str, **values: str | int | list[str] | None) -> list[Mapping[str, Any]]:
        return list(self._query(sql, **values))


def full_name(table: bigquery.Table) -> str:
    """Return ``project.dataset.table``."""
    return f"{table.project}.{table.dataset_id}.{table.table_id}"


def everywhere_sql(table: bigquery.Table) -> Sql:
    """Return a condition that is true of every row of a table."""
    return every_partition_sql(table.time_partitioning.field if table.time_partitioning else None)
