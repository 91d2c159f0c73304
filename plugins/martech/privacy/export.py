"""The right of access and of portability: everything about one person, as a file to read and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from google.cloud import bigquery
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from martech.privacy.person_request import TABLES_PER_QUERY, PersonError, PersonRequest
from martech.privacy.personal_table import every_partition_sql, values_sql
from martech.warehouse.statements import Sql

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
IDENTIFIERS = Sql("identifiers")
MILLISECONDS_PER_DAY = 86_400_000


@dataclass(frozen=True)
class Recipient:
    """Where a sync sends what.

    :param sync: name of the sync.
    :param purpose: what it is for.
    :param destination: to whom.
    :param fields: the destination's fields that it fills.
    """

    sync: str
    purpose: str
    destination: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class ExportedTable:
    """A person's rows in a table.

    :param name: ``dataset.table``.
    :param layer: layer of the table.
    :param description: what the table holds.
    :param kept_days: so long a row is kept after its day; None where the table has no expiry.
    :param columns: what each column with a value means.
    :param rows: the rows, columns without a value left out.
    """

    name: str
    layer: str
    description: str
    kept_days: int | None
    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Export:
    """Everything about one person.

    :param request_id: id of the request.
    :param customer_id: the person's id in the warehouse.
    :param made_at: when it was gathered.
    :param tables: the person's rows.
    :param mentions: rows of others that name the person: table, column, value and number of rows.
    :param recipients: to whom data of the person was sent.
    :param connectors: rows in the copies that connectors keep of the sources, by ``dataset.table``.
    """

    request_id: str
    customer_id: str
    made_at: datetime
    tables: Sequence[ExportedTable]
    mentions: Sequence[Mapping[str, Any]]
    recipients: Sequence[Recipient]
    connectors: Mapping[str, int] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        """Rows of the person in all tables."""
        return sum(len(table.rows) for table in self.tables)

    def as_json(self) -> str:
        """Return it for machines."""
        return json.dumps({**asdict(self), "made_at": self.made_at.isoformat()}, ensure_ascii=False, indent=2)

    def as_html(self) -> str:
        """Return it as one page to read: no script, no network."""
        return TEMPLATES.get_template("export.html.j2").render(export=self)


class ExportRequest(PersonRequest):
    """A request for everything that is known of a person."""

    def require_same_person(self, customer_id: str) -> None:
        """Check that an earlier export of this request was about the same person.

        :param customer_id: the customer that was found.
        :raises PersonError: where it was about somebody else.
        """
        rows = self._rows(self._statement("exports_of_others", exports=self._exports), customer_id=customer_id)
        if rows[0]["others"]:
            raise PersonError(
                f"Request {self._request_id} has exported another person; nothing was written. Trigger again with a "
                "request_id of its own."
            )

    def gather(
        self,
        customer_id: str,
        *,
        layers: Mapping[str, str],
        recipients: Mapping[str, Recipient],
        connectors: Mapping[str, str],
        now: datetime,
    ) -> Export:
        """Read everything about a customer. Nothing is written.

        :param customer_id: the customer that was found.
        :param layers: layer by dataset, in the order in which they are shown.
        :param recipients: by name of their sync.
        :param connectors: the source that delivers, by dataset of a connector.
        :param now: the current time.
        """
        rows = self.own_rows(customer_id)
        order = list(layers.values())
        tables = [self._exported(name, layers, found) for name, found in rows.items()]
        syncs = {row.get("sync_name") for found in rows.values() for row in found}
        return Export(
            request_id=self._request_id,
            customer_id=customer_id,
            made_at=now,
            tables=sorted(tables, key=lambda table: (order.index(table.layer), table.name)),
            mentions=self._mentions(customer_id),
            recipients=[recipient for name, recipient in recipients.items() if name in syncs],
            connectors=self.rows_at_connectors(customer_id, connectors),
        )

    def keep(self, export: Export, uri: str) -> None:
        """Write down that the person was answered, without naming them.

        :param export: what was written.
        :param uri: its folder.
        """
        self._query(
            self._statement("keep_export", exports=self._exports),
            customer_id=export.customer_id,
            uri=uri,
            table_count=len(export.tables),
            row_count=export.row_count,
            run_id=self._run_id,
        )

    def own_rows(self, customer_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return the person's rows by full name of the table, columns without a value left out.

        :param customer_id: the customer that was found.
        """
        tables = [
            {"name": declared.name, "columns": declared.own_columns_sql(), "belongs": belongs}
            for declared in self._tables
            if (belongs := declared.belongs_sql(IDENTIFIERS))
        ]
        found: dict[str, list[dict[str, Any]]] = {}
        for start in range(0, len(tables), TABLES_PER_QUERY):
            sql = self._statement("export_rows", tables=tables[start : start + TABLES_PER_QUERY])
            for row in self._rows(sql, customer_id=customer_id):
                found.setdefault(row["name"], []).append(_filled(json.loads(row["row_json"])))
        return {name: sorted(rows, key=json.dumps) for name, rows in found.items()}

    @property
    def _exports(self) -> str:
        return self._table("ops.person_exports")

    def _mentions(self, customer_id: str) -> list[dict[str, Any]]:
        mentions = [
            {
                "table": declared.name,
                "column": column,
                "is_array": column in declared.arrays,
                "everywhere": every_partition_sql(declared.partition_field),
                "wanted": values_sql(IDENTIFIERS, kinds),
                "belongs": Sql(f"({declared.belongs_sql(IDENTIFIERS) or 'false'})"),
            }
            for declared in self._tables
            for column, kinds in declared.references.items()
        ]
        rows = self._rows(self._statement("export_mentions", mentions=mentions), customer_id=customer_id)
        found = [{**row, "name": _short(row["name"])} for row in rows]
        return sorted(found, key=lambda row: (row["name"], row["column_name"], row["value"]))

    def _exported(self, name: str, layers: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> ExportedTable:
        table: bigquery.Table = self._client.get_table(name)
        expiry = table.time_partitioning.expiration_ms if table.time_partitioning else None
        shown = {column for row in rows for column in row}
        return ExportedTable(
            name=_short(name),
            layer=layers[table.dataset_id],
            description=table.description or "",
            kept_days=int(expiry) // MILLISECONDS_PER_DAY if expiry else None,
            columns={column.name: column.description or "" for column in table.schema if column.name in shown},
            rows=rows,
        )


def _short(name: str) -> str:
    return name.partition(".")[2]


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a row that have a value."""
    return {column: value for column, value in row.items() if value not in (None, [], "")}
