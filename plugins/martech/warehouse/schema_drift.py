"""Find what separates a table from its DDL, and what may be done about it without losing data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from martech.warehouse.ddl import Column, CreateStatement, same_type
from martech.warehouse.statements import require_identifier


@dataclass(frozen=True)
class SchemaDrift:
    """Differences between a table in the warehouse and its DDL.

    :param dataset_id: dataset of the table.
    :param table: ``project.dataset.table``.
    :param additions: declared columns that the table does not have.
    :param changes: columns of another type, each with its fix.
    :param extras: columns that the DDL does not have (any more), each with its fix.
    """

    dataset_id: str
    table: str
    additions: tuple[Column, ...]
    changes: tuple[str, ...]
    extras: tuple[str, ...]

    def alter_statements(self) -> list[str]:
        """Return one statement per added column; the rows that are there get null."""
        return [
            f"alter table `{self.table}` add column if not exists `{require_identifier('column', column.name)}` "
            f"{column.data_type} options (description = {json.dumps(column.description, ensure_ascii=False)})"
            for column in self.additions
        ]


def compare_schema(declared: CreateStatement, found: Mapping[str, str]) -> SchemaDrift:
    """Compare a table with its DDL. Modes are left alone: BigQuery cannot make a column required later.

    :param declared: the table's DDL.
    :param found: types by column name in the warehouse.
    """
    names = {column.name for column in declared.columns}
    changes = tuple(
        f"{declared.name}: column {column.name} is {found[column.name]}, the DDL says {column.data_type}. "
        "Revert the DDL, or migrate the table (add a new column, fill it, then drop the old one)."
        for column in declared.columns
        if column.name in found and not same_type(column.data_type, found[column.name])
    )
    extras = tuple(
        f"{declared.name}: column {name} {data_type} is not in the DDL. Add it to the DDL, or drop it from the "
        "table by hand: data is never dropped here."
        for name, data_type in found.items()
        if name not in names
    )
    additions = tuple(column for column in declared.columns if column.name not in found)
    return SchemaDrift(declared.dataset_id, declared.name, additions, changes, extras)
