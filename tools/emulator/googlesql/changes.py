"""What a resolved statement makes of the tables, so that the next statement meets them as they are then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from google.protobuf.message import Message
from googlesql.partition_filters import column_that_filters
from googlesql.shapes import INGESTION_TIME, Shape
from googlesql.tree import get, has, kind, leaf, walk
from googlesql.types import type_text
from zetasql.wasi._pb2.zetasql.public.functions.datetime_pb2 import DateTimestampPart
from zetasql.wasi._pb2.zetasql.resolved_ast.resolved_ast_enums_pb2 import ResolvedCreateStatementEnums

Create = ResolvedCreateStatementEnums
# By table; None where it is gone.
Changes = dict[str, Shape | None]
TABLES = {
    "ResolvedCreateTableStmt",
    "ResolvedCreateTableAsSelectStmt",
    "ResolvedCreateExternalTableStmt",
    "ResolvedCreateSnapshotTableStmt",
}
VIEWS = {"ResolvedCreateViewStmt": "VIEW", "ResolvedCreateMaterializedViewStmt": "MATERIALIZED_VIEW"}
DROPS = {"ResolvedDropStmt", "ResolvedDropMaterializedViewStmt", "ResolvedDropSnapshotTableStmt"}
ALTERS = {"ResolvedAlterTableStmt", "ResolvedAlterTableSetOptionsStmt"}
WRITES = {"ResolvedInsertStmt", "ResolvedUpdateStmt", "ResolvedMergeStmt"}
DROPPED = {"TABLE", "VIEW", "EXTERNAL TABLE"}


def changes_of(
    statement: Message, full_name: Callable[[Sequence[str]], str], shape_of: Callable[[str], Shape | None]
) -> Changes:
    """Return the tables that a statement makes, changes or drops.

    :param statement: its resolved node.
    :param full_name: gives the full name of a path of names.
    :param shape_of: gives the shape that a table has before the statement; None where it does not exist.
    """
    made = kind(statement)
    if made in TABLES or made in VIEWS:
        name = created_name(statement, full_name)
        if get(statement, "create_mode") == Create.CREATE_IF_NOT_EXISTS and shape_of(name):
            return {}
        return {name: _created(statement, made, shape_of)}
    if made in DROPS:
        dropped = made != "ResolvedDropStmt" or get(statement, "object_type") in DROPPED
        return {full_name(get(statement, "name_path")): None} if dropped else {}
    if made in ALTERS:
        name = full_name(get(statement, "name_path"))
        before = shape_of(name)
        return _altered(statement, name, before) if before else {}
    return {}


def is_temporary(statement: Message) -> bool:
    """Whether a statement makes a table that only its own script sees."""
    return get(statement, "create_scope") == Create.CREATE_TEMP


def created_name(statement: Message, full_name: Callable[[Sequence[str]], str]) -> str:
    """Return the full name of what a ``CREATE`` statement makes; a temporary table has one part."""
    path = get(statement, "name_path")
    return ".".join(path) if is_temporary(statement) else full_name(path)


def options_of(statement: Message, field: str = "option_list") -> Iterator[tuple[str, Message | None]]:
    """Yield name and value of a statement's options; None for a value that is not a literal.

    :param field: the field of the node that has them.
    """
    for option in get(statement, field) or ():
        value = leaf(option.value)
        yield option.name.lower(), value.value.value if kind(value) == "ResolvedLiteral" else None


def written_tables(statements: Iterable[Message]) -> Iterator[str]:
    """Yield the full name of each lasting table that statements write rows to.

    :param statements: resolved nodes.
    """
    for statement in statements:
        if kind(statement) in WRITES:
            yield get(leaf(get(statement, "table_scan")), "table").full_name


def _created(statement: Message, made: str, shape_of: Callable[[str], Shape | None]) -> Shape:
    if made in VIEWS:
        columns = {column.name: type_text(column.column.type) for column in get(statement, "output_column_list")}
        if made == "ResolvedCreateMaterializedViewStmt":
            return Shape(columns, kind=VIEWS[made], partitioned_by=partition_column(statement))
        filtered_by = column_that_filters(statement, shape_of)
        return Shape(columns, kind=VIEWS[made], partitioned_by=filtered_by, needs_filter=bool(filtered_by))
    for source in ("clone_from", "copy_from"):
        if has(statement, source):
            table = next(node for node, _ in walk(get(statement, source)) if kind(node) == "ResolvedTableScan")
            return shape_of(get(table, "table").full_name) or Shape({})
    columns = {column.name: type_text(column.type) for column in get(statement, "column_definition_list")}
    partitioned_by = partition_column(statement)
    return Shape(
        columns,
        pseudo=INGESTION_TIME if partitioned_by.upper() in INGESTION_TIME else {},
        partitioned_by=partitioned_by,
        partition_unit=_partition_unit(statement),
        clustered_by=tuple(leaf(column).column.name for column in get(statement, "cluster_by_list") or ()),
        needs_filter=_needs_filter(statement, before=False),
    )


def partition_column(statement: Message) -> str:
    """Return the column by which a ``CREATE TABLE`` partitions; empty where it does not."""
    for expression in get(statement, "partition_by_list") or ():
        for node, _ in walk(expression):
            if kind(node) == "ResolvedColumnRef":
                return node.column.name
    return ""


def _partition_unit(statement: Message) -> str:
    """Return how long a partition is: what ``…_TRUNC(column, unit)`` says, else a day."""
    for expression in get(statement, "partition_by_list") or ():
        units = (get(node, "value") for node, _ in walk(expression) if kind(node) == "ResolvedLiteral")
        return next((DateTimestampPart.Name(unit.value.enum_value) for unit in units if unit), "DAY")
    return ""


def _needs_filter(statement: Message, before: bool) -> bool:
    for name, value in options_of(statement):
        if name == "require_partition_filter":
            return bool(value and value.bool_value)
    return before


def _altered(statement: Message, name: str, before: Shape) -> Changes:
    if kind(statement) == "ResolvedAlterTableSetOptionsStmt":
        return {name: replace(before, needs_filter=_needs_filter(statement, before.needs_filter))}
    columns = dict(before.columns)
    for wrapped in get(statement, "alter_action_list"):
        action = leaf(wrapped)
        match kind(action):
            case "ResolvedAddColumnAction":
                added = action.column_definition
                columns.setdefault(added.name, type_text(added.type))
            case "ResolvedDropColumnAction":
                columns.pop(action.name, None)
            case "ResolvedRenameColumnAction":
                columns = {action.new_name if c == action.name else c: kind_ for c, kind_ in columns.items()}
            case "ResolvedAlterColumnSetDataTypeAction":
                columns[get(action, "column")] = type_text(action.updated_type)
            case "ResolvedSetOptionsAction":
                before = replace(before, needs_filter=_needs_filter(action, before.needs_filter))
            case "ResolvedRenameToAction":
                # The new name stands without a dataset: the table stays in its own.
                renamed = ".".join([*name.split(".")[:-1], action.new_path[-1]])
                return {name: None, renamed: replace(before, columns=columns)}
    return {name: replace(before, columns=columns)}
