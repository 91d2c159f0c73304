"""What is declared of how bronze tables land."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SYNCED = "_fivetran_synced"
CONNECTION = "_connection"


class LandingError(ValueError):
    """A bronze table cannot land; the message names the connector's table and the remedy."""


@dataclass(frozen=True)
class InputColumn:
    """A column that landing reads.

    :param name: what SQL calls it.
    :param data_type: type in which SQL gets it.
    :param names: columns of the connector's table, the first that exists is read.
    :param prefix: a JSON object of all columns that begin so, where none of ``names`` exists.
    :param fields: a JSON object of other columns, instead of ``names``: key, and column of the connector's table.
    """

    name: str
    data_type: str
    names: tuple[str, ...] = ()
    prefix: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class InputTable:
    """A connector's table, as SQL reads it.

    :param name: the CTE that holds it.
    :param names: tables of the connector, the first that exists is read.
    :param shards: prefixes of tables of one day (``events_`` for ``events_20261122``); of a day the first that exists.
    :param columns: what is read of it.
    :param optional: whether a connector may lack it; SQL then sees no rows.
    :param keeps_history: whether older versions of a row are part of the table by design.
    :param required: columns without which no row can land.
    :param fallback_after_hours: so long after the end of a day another shard than the first will do; None never.
    """

    name: str
    columns: tuple[InputColumn, ...]
    names: tuple[str, ...] = ()
    shards: tuple[str, ...] = ()
    optional: bool = False
    keeps_history: bool = False
    required: tuple[str, ...] = ()
    fallback_after_hours: int | None = None


@dataclass(frozen=True)
class LandedTable:
    """A bronze table and what fills it.

    :param name: table id in bronze.
    :param columns: declared types by column, in the order of the DDL.
    :param partition_field: DATE or TIMESTAMP column whose day is the partition.
    :param appends: True where versions are appended, False where the rows of days are replaced.
    :param key: what identifies a record.
    :param inputs: connector tables that its SQL reads, first the one whose rows it has.
    :param ctes: CTEs, the last of which is ``final``.
    :param absent: columns that are NULL since no connector has them, or nobody reads them, with the reason.
    :param late_arrival_days: so many days before the window land too: what came after they had landed.
    """

    name: str
    columns: Mapping[str, str]
    partition_field: str
    appends: bool
    key: tuple[str, ...]
    inputs: tuple[InputTable, ...]
    ctes: str
    absent: Mapping[str, str]
    late_arrival_days: int

    @property
    def mapped(self) -> tuple[str, ...]:
        """Columns that a connector fills."""
        return tuple(name for name in self.columns if name not in self.absent and name != CONNECTION)


@dataclass(frozen=True)
class SourceLanding:
    """How a source lands.

    :param source: name of the source.
    :param connector: what delivers it; ``none`` where somebody else fills bronze.
    :param datasets: datasets of its connections; none where it is not set up.
    :param variable: environment variable that names the datasets.
    :param declared_in: file of the declaration, for messages.
    :param tables: its bronze tables.
    """

    source: str
    connector: str
    datasets: tuple[str, ...]
    variable: str
    declared_in: str
    tables: tuple[LandedTable, ...] = ()
