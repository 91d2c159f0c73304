"""What a connection delivers: tables of the connector's own, filled from what a system knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]

SYNCED = {"_fivetran_synced": "TIMESTAMP"}
DELETED = {"_fivetran_deleted": "BOOL"}


@dataclass(frozen=True)
class Table:
    """A table that a connector keeps.

    :param name: the connector's name of it; of a table per day what comes before the day.
    :param columns: BigQuery type by column, those that the connector adds included.
    :param key: columns of the primary key: a row replaces the one that has the same; none: every row stays.
    :param day: column with the day, ``YYYYMMDD``, where there is one table per day.
    """

    name: str
    columns: Mapping[str, Any]
    key: tuple[str, ...] = ()
    day: str | None = None

    def table_of(self, row: Row) -> str:
        """Return the name of the table in which a row belongs."""
        return f"{self.name}{row[self.day]}" if self.day else self.name

    def key_of(self, row: Row) -> tuple[Any, ...]:
        """Return a row's primary key."""
        return tuple(row[column] for column in self.key)


def text_columns(*names: str) -> dict[str, str]:
    """Return columns of type STRING."""
    return dict.fromkeys(names, "STRING")


Rows = Iterator[tuple[Table, Row]]


def _nothing() -> Rows:
    yield from ()


@dataclass(frozen=True)
class Connection:
    """One connection to one system, with a dataset of its own.

    :param dataset: where it delivers.
    :param tables: all tables that it keeps.
    :param writes: by raw table, the function that writes a record or event of it as the connector does. It is given
        the raw row and what else the system knows, and gives the same rows for the same record.
    :param first: rows that are there from the first day on, whoever the customers are.
    """

    dataset: str
    tables: tuple[Table, ...]
    writes: Mapping[str, Callable[[Row], Rows]]
    first: Callable[[], Rows] = field(default=_nothing)

    def changes(self, raw_table: str, row: Row, before: Row | None) -> Rows:
        """Yield the rows that differ from what the record's version before gave: a connector syncs no others.

        :param raw_table: key of ``writes``.
        :param row: the raw row.
        :param before: the version before; None if there was none.
        """
        write = self.writes[raw_table]
        # The time of the sync is the connector's, not the record's.
        same_sync = {"_fivetran_synced": row["_fivetran_synced"]}
        known = {(table.name, table.key_of(old)): old for table, old in write(before | same_sync)} if before else {}
        for table, new in write(row):
            if known.get((table.name, table.key_of(new))) != new:
                yield table, new
