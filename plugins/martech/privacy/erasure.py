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
from typing import Any

from google.cloud import bigquery

from martech.privacy.personal_table import PersonalTable, every_partition_sql, pattern_sql

log = logging.getLogger(__name__)

TABLES_PER_QUERY = 20
# Kinds of identifiers that staging recognises: it drops what lands of these records again.
SUPPRESSED = {"identity": "", "shopify:order": "shopify:order:", "user": "shopify:customer:"}


class ErasureError(Exception):
    """The request cannot go on; the message names the cure."""


@dataclass(frozen=True)
class Selector:
    """Who is meant: one of the three is given.

    :param identity_key: key of any of their source records, ``<source>:<entity>:<id>``.
    :param customer_id: present or former id of the customer.
    :param email: e-mail address of theirs.
    """

    identity_key: str | None = None
    customer_id: str | None = None
    email: str | None = None

    def __post_init__(self) -> None:
        if sum(bool(value) for value in vars(self).values()) != 1:
            raise ErasureError("Say who is to be erased by one of identity_key, customer_id and email.")


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
        self._requests = table("ops.erasure_requests")
        self._identifiers = f"`{table('ops.erasure_identifiers')}`"
        self._suppressed = table("ops.suppressed_identities")
        self._find_customer_sql = find_customer_sql
        self._identifiers_sql = identifiers_sql
        self._salts = table("ops.erasure_salt")
        # Read where it is used: no statement, log or job has it in its text.
        self._salt = f"(select max(salt) from `{self._salts}`)"  # noqa: S608
        declared_tables = list(tables)
        datasets = sorted({declared.name.rpartition(".")[0] for declared in declared_tables})
        existing = {f"{dataset}.{item.table_id}" for dataset in datasets for item in client.list_tables(dataset)}
        # What has not been built yet holds nobody.
        self._tables = [declared for declared in declared_tables if declared.name in existing]

    def status(self) -> str | None:
        """Return how far the request has come; None where there is none yet."""
        rows = self._rows(f"select status from `{self._requests}` where request_id = @request_id")  # noqa: S608
        return rows[0]["status"] if rows else None

    def find(self, selector: Selector) -> str:
        """Return the customer that is meant.

        :raises ErasureError: where it is nobody, or more than one.
        """
        customers: list[str] = [row["customer_id"] for row in self._rows(self._find_customer_sql, **vars(selector))]
        if len(customers) == 1:
            return customers[0]
        given, value = next((name, value) for name, value in vars(selector).items() if value)
        if customers:
            raise ErasureError(
                f"This {given} belongs to {len(customers)} customers, who may be people of one household: "
                f"{', '.join(customers)}. Look them up in silver.customer_360 and trigger with customer_id."
            )
        earlier = self._rows(
            f"""
            select request_id, status
            from `{self._requests}`
            where
                person_hash = to_hex(sha256(concat({self._salt}, @value)))
                or request_id in (
                    select request_id
                    from `{self._suppressed}`
                    where identity_hash = to_hex(sha256(concat({self._salt}, @value)))
                )
            order by requested_at desc
            limit 1""",  # noqa: S608
            value=value,
        )
        if earlier:
            raise ErasureError(
                f"Nobody has this {given} any more: request {earlier[0]['request_id']} has erased them "
                f"(it is {earlier[0]['status']}). Nothing is left to be done."
            )
        raise ErasureError(
            f"Nobody has this {given}. Check it against silver.identity_map; a record that landed today is known after "
            "the next build of silver. Nothing was changed."
        )

    def preview(self, customer_id: str) -> dict[str, int]:
        """Return how many rows of which table would be removed. Nothing is written."""
        counts = [
            f"select '{declared.name}' as name, count(*) as found from `{declared.name}` where {belongs}"  # noqa: S608
            for declared in self._tables
            if (belongs := declared.belongs_sql("identifiers"))
        ]
        rows = self._rows(
            f"""
            with person as ({self._identifiers_sql}),
            identifiers as (select @request_id as request_id, kind, value from person)
            {" union all ".join(counts)}""",  # noqa: S608
            customer_id=customer_id,
        )
        return {row["name"]: row["found"] for row in rows if row["found"]}

    def request(self, customer_id: str) -> None:
        """Write down who is meant: identifiers for the steps to come, hashes for good, and the request last."""
        self._query(
            f"""
            insert into `{self._salts}` (salt, created_at)
            select concat(generate_uuid(), generate_uuid()), current_timestamp()
            from unnest([1])
            where (select count(*) from `{self._salts}`) = 0"""  # noqa: S608
        )
        self._query(f"delete from {self._identifiers} where request_id = @request_id")  # noqa: S608
        self._query(
            f"""
            insert into {self._identifiers} (request_id, kind, value, requested_at)
            select @request_id, kind, value, current_timestamp()
            from ({self._identifiers_sql})""",  # noqa: S608
            customer_id=customer_id,
        )
        suppressed = " union distinct ".join(
            f"select concat('{prefix}', value) as identity_key from {self._identifiers} "  # noqa: S608
            f"where request_id = @request_id and kind = '{kind}'"
            for kind, prefix in SUPPRESSED.items()
        )
        self._query(f"delete from `{self._suppressed}` where request_id = @request_id")  # noqa: S608
        self._query(
            f"""
            insert into `{self._suppressed}` (identity_hash, salt_id, request_id, suppressed_at)
            select
                to_hex(sha256(concat({self._salt}, identity_key))), to_hex(md5({self._salt})), @request_id,
                current_timestamp()
            from ({suppressed})"""  # noqa: S608
        )
        self._query(
            f"""
            insert into `{self._requests}` (
                request_id, person_hash, status, identity_count, identifier_count, requested_at, run_id
            )
            select
                @request_id, to_hex(sha256(concat({self._salt}, @customer_id))), 'requested',
                countif(kind = 'identity'), count(*), current_timestamp(), @run_id
            from {self._identifiers}
            where request_id = @request_id""",  # noqa: S608
            customer_id=customer_id,
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
                for row in self._rows(
                    f"select sync_name, count(*) as held from `{declared.name}` where {belongs} group by sync_name"  # noqa: S608
                ):
                    held[row["sync_name"]] = held.get(row["sync_name"], 0) + row["held"]
        return held

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
            for statement in declared.statements(self._identifiers):
                if changed := self._query(statement).num_dml_affected_rows:
                    counts[declared.name] = counts.get(declared.name, 0) + changed
        before = self._rows(
            f"select to_json_string(erased_rows) as erased_rows from `{self._requests}` where request_id = @request_id"  # noqa: S608
        )[0]["erased_rows"]
        total = json.loads(before or "null") or {}
        for name, changed in counts.items():
            total[name] = total.get(name, 0) + changed
        self._advance("erased", erased_rows=json.dumps(total, sort_keys=True))
        return counts

    def prove(self, datasets: Iterable[str]) -> int:
        """Search every column of every table for every identifier; return the number of tables searched.

        Empties the list of identifiers in the end: then no trace of the person is left.

        :param datasets: ids of the datasets to search.
        :raises ErasureError: where an identifier is found, naming table and columns, or the identifiers are gone.
        """
        self._require_identifiers()
        names = [
            f"{item.project}.{item.dataset_id}.{item.table_id}"
            for dataset in datasets
            for item in self._client.list_tables(dataset)
            if item.table_type == "TABLE"
        ]
        tables = [self._client.get_table(name) for name in names if f"`{name}`" != self._identifiers]
        found = [self._columns_with_traces(table) for table in self._tables_with_traces(tables)]
        if found:
            raise ErasureError(
                "The person is still found: "
                + "; ".join(found)
                + ". A build that ran meanwhile may have written it: clear erase_rows. Otherwise declare the column "
                "(`person` or `person_references`), or drop the table if it is not ours, and clear it."
            )
        self._advance("proven", searched_tables=len(tables))
        self.forget()
        return len(tables)

    def forget(self) -> None:
        """Delete the identifiers of the request."""
        self._query(f"delete from {self._identifiers} where request_id = @request_id")  # noqa: S608

    def _tables_with_traces(self, tables: Sequence[bigquery.Table]) -> list[bigquery.Table]:
        pattern = pattern_sql(self._identifiers)
        hits = [
            f"select {number} as number, count(*) as found from `{_name(table)}` as searched "  # noqa: S608
            f"where {_everywhere(table)} and regexp_contains(to_json_string(searched), {pattern})"
            for number, table in enumerate(tables)
        ]
        found = []
        for start in range(0, len(hits), TABLES_PER_QUERY):
            rows = self._rows(" union all ".join(hits[start : start + TABLES_PER_QUERY]))
            found += [tables[row["number"]] for row in rows if row["found"]]
        return found

    def _columns_with_traces(self, table: bigquery.Table) -> str:
        pattern = pattern_sql(self._identifiers)
        counts = ", ".join(
            f"countif(regexp_contains(to_json_string({column.name}), {pattern})) as {column.name}"
            for column in table.schema
        )
        by_column = self._rows(
            f"""
            select {counts}
            from `{_name(table)}` as searched
            where {_everywhere(table)} and regexp_contains(to_json_string(searched), {pattern})"""  # noqa: S608
        )[0]
        columns = [f"{column} in {count} rows" for column, count in by_column.items() if count]
        return f"{_name(table)}: {', '.join(columns)}"

    def _require_identifiers(self) -> None:
        row = self._rows(
            f"""
            select
                any_value(requests.identifier_count) as expected,
                count(identifiers.value) as found
            from `{self._requests}` as requests
            left join {self._identifiers} as identifiers on requests.request_id = identifiers.request_id
            where requests.request_id = @request_id"""  # noqa: S608
        )[0]
        if row["expected"] is None:
            raise ErasureError(f"Request {self._request_id} is unknown: clear plan_erasure.")
        if row["found"] != row["expected"]:
            raise ErasureError(
                f"{row['found']} of {row['expected']} identifiers of request {self._request_id} are left (they expire "
                "after 30 days), so nothing could be proved. Trigger a new request for the person."
            )

    def _advance(self, status: str, **values: str | int) -> None:
        assignments = [f"{status}_at = current_timestamp()", "status = @status", "run_id = @run_id"]
        for column in values:
            assignments.append(f"{column} = {'parse_json(@erased_rows)' if column == 'erased_rows' else f'@{column}'}")
        self._query(
            f"update `{self._requests}` set {', '.join(assignments)} where request_id = @request_id",  # noqa: S608
            status=status,
            run_id=self._run_id,
            **values,
        )

    def _query(self, sql: str, **values: str | int | None) -> bigquery.QueryJob:
        parameters = [
            bigquery.ScalarQueryParameter(name, "INT64" if isinstance(value, int) else "STRING", value)
            for name, value in {"request_id": self._request_id, **values}.items()
        ]
        job = self._client.query(sql, job_config=bigquery.QueryJobConfig(query_parameters=parameters))
        job.result()
        return job

    def _rows(self, sql: str, **values: str | int | None) -> list[Mapping[str, Any]]:
        return list(self._query(sql, **values).result())


def _name(table: bigquery.Table) -> str:
    return f"{table.project}.{table.dataset_id}.{table.table_id}"


def _everywhere(table: bigquery.Table) -> str:
    return every_partition_sql(table.time_partitioning.field if table.time_partitioning else None)
