"""What the analyzer knows of a table: its columns, what kind it is, and by which column it is partitioned."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.resources import files

import yaml
from googlesql.types import parse_columns, parse_type, type_text
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeProto

# Columns that a table has although no one declared them, and `SELECT *` leaves out.
INGESTION_TIME = {"_PARTITIONTIME": "TIMESTAMP", "_PARTITIONDATE": "DATE"}
TABLE_SUFFIX = {"_TABLE_SUFFIX": "STRING"}


@dataclass(frozen=True)
class Shape:
    """A table, view or materialized view.

    :param columns: type as text by column.
    :param kind: ``TABLE``, ``VIEW`` or ``MATERIALIZED_VIEW``.
    :param pseudo: further columns that ``SELECT *`` leaves out.
    :param partitioned_by: the partitioning column; empty where there is none.
    :param partition_unit: ``DAY``, ``HOUR``, ``MONTH`` or ``YEAR`` of a partition; empty where there is none.
    :param clustered_by: the clustering columns.
    :param needs_filter: whether a query must filter on the partitioning column.
    """

    columns: dict[str, str]
    kind: str = "TABLE"
    pseudo: dict[str, str] = field(default_factory=dict)
    partitioned_by: str = ""
    partition_unit: str = ""
    clustered_by: tuple[str, ...] = ()
    needs_filter: bool = False

    @cached_property
    def types(self) -> dict[str, TypeProto]:
        """Type by column, pseudo columns included."""
        return {name: parse_type(kind) for name, kind in {**self.columns, **self.pseudo}.items()}

    def as_text(self) -> str:
        """Return the shape as JSON: what ``shape_of_text`` reads."""
        return json.dumps(asdict(self))


def shape_of_text(text: str) -> Shape:
    """Return the shape that ``Shape.as_text`` wrote."""
    facts = json.loads(text)
    return Shape(**{**facts, "clustered_by": tuple(facts["clustered_by"])})


def _information_schema() -> dict[str, dict[str, Shape]]:
    declared = yaml.safe_load((files("googlesql") / "information_schema.yml").read_text())
    return {
        scope: {
            view: Shape({name: type_text(kind) for name, kind in parse_columns(columns).items()}, kind="VIEW")
            for view, columns in views.items()
        }
        for scope, views in declared.items()
    }


# By scope (`dataset`, `region`) and view.
INFORMATION_SCHEMA = _information_schema()
