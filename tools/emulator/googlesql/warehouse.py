"""The tables of the embedded warehouse, as the analyzer sees them.

They are those that exist in the warehouse, with the types that the statements which made them resolved to; of tables
that no statement made (load jobs, the tables API) the warehouse's own schema counts. Shapes are kept in the warehouse's
database and persist with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from bqemulator.storage.sql_identifiers import quoted_table_ref
from googlesql.changes import Changes
from googlesql.shapes import Shape, shape_of_text
from googlesql.types import field_type, type_text

if TYPE_CHECKING:
    from bqemulator.api.dependencies import AppContext
    from bqemulator.catalog.models import TableMeta

# Where shapes are kept in DuckDB; no project has a dataset of this name.
SHAPES = '"googlesql"."shapes"'


class Warehouse:
    """The tables of one warehouse, as the analyzer sees them.

    :param context: the emulator's parts.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context
        # Not by the engine: who measures what statements read does not mean these.
        self._database = context.engine.connection
        self._database.execute('create schema if not exists "googlesql"')
        self._database.execute(f"create table if not exists {SHAPES} (name varchar primary key, shape varchar)")
        kept = self._database.execute(f"select name, shape from {SHAPES}").fetchall()
        self._shapes: dict[str, Shape] = {name: shape_of_text(shape) for name, shape in kept}

    def shape(self, full_name: str) -> Shape | None:
        """Return a table's shape; None where it does not exist."""
        parts = full_name.split(".")
        if len(parts) != 3:
            return None
        table = self._context.catalog.get_table(*parts)
        return self._shape_of(full_name, table) if table else None

    def _shape_of(self, full_name: str, table: TableMeta) -> Shape:
        known = self._shapes.get(full_name)
        fields = [field.model_dump(by_alias=True) for field in table.schema_.fields]
        if known and (not fields or [name.lower() for name in known.columns] == [f["name"].lower() for f in fields]):
            return known
        partitioning = table.time_partitioning
        return Shape(
            {field["name"]: type_text(field_type(field)) for field in fields},
            kind=table.table_type,
            partitioned_by=(partitioning.field or "_PARTITIONTIME") if partitioning else "",
            needs_filter=bool(partitioning and partitioning.require_partition_filter),
        )

    def stored_columns(self, full_name: str) -> list[str]:
        """Return the names of a table's columns in the warehouse itself, in lower case; empty where it knows none."""
        table = self._context.catalog.get_table(*full_name.split("."))
        return [field.name.lower() for field in table.schema_.fields] if table else []

    def newest(self, prefix: str) -> Shape | None:
        """Return the shape of the newest table whose full name starts with ``prefix``."""
        project, dataset, start = prefix.split(".", 2)
        tables = [t for t in self._context.catalog.list_tables(project, dataset) if t.table_id.startswith(start)]
        if not tables:
            return None
        newest = max(tables, key=lambda table: table.creation_time)
        return self.shape(f"{project}.{dataset}.{newest.table_id}")

    def has_dataset(self, name: str) -> bool:
        """Whether the dataset ``project.dataset`` exists."""
        return self._context.catalog.get_dataset(*name.split(".", 1)) is not None

    def remember(self, changes: Changes) -> None:
        """Keep the shapes that a job's statements resolved to."""
        for name, shape in changes.items():
            if shape is None:
                self.forget([name])
            else:
                self._shapes[name] = shape
                self._database.execute(f"insert or replace into {SHAPES} values ($1, $2)", [name, shape.as_text()])

    def forget(self, names: list[str]) -> None:
        """Go by the warehouse's own schema of these tables."""
        for name in names:
            if self._shapes.pop(name, None):
                self._database.execute(f"delete from {SHAPES} where name = ?", [name])

    def array_with_null(self, full_name: str) -> str:
        """Return the first array column of a table that has a NULL element; empty where none has."""
        shape = self.shape(full_name)
        arrays = [name for name, kind in shape.columns.items() if kind.startswith("ARRAY<")] if shape else []
        for column in arrays:
            table = quoted_table_ref(*full_name.split("."))
            found = self._database.execute(
                f'select 1 from {table} where len(list_filter("{column}", lambda x: x is null)) > 0 limit 1'
            ).fetchone()
            if found:
                return column
        return ""


def result_with_null(name: str, values: pa.Array | pa.ChunkedArray) -> str:
    """Return the first array in a result's column that has a NULL element; empty where none has.

    :param name: the column's name.
    :param values: its values.
    """
    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        elements = pc.list_flatten(values)
        return name if elements.null_count else result_with_null(name, elements)
    if pa.types.is_struct(values.type):
        fields = [(field.name, pc.struct_field(values, [i])) for i, field in enumerate(values.type)]
        return next(filter(None, (result_with_null(f"{name}.{field}", inner) for field, inner in fields)), "")
    return ""
