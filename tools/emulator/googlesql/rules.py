"""What BigQuery's engine refuses although GoogleSQL's analyzer accepts it, read off the resolved statement.

Each rule yields BigQuery's message. ``tests/emulator/googlesql_cases.yml`` has, for each, a statement that it refuses
and one that it lets pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from google.protobuf.message import Message
from googlesql.partition_filters import unfiltered_tables
from googlesql.shapes import Shape
from googlesql.tree import columns_read, conjuncts, function_name, get, kind, leaf, walk
from zetasql.wasi._pb2.zetasql.resolved_ast.resolved_ast_enums_pb2 import (
    ResolvedJoinScanEnums,
    ResolvedSubqueryExprEnums,
)

Tables = Callable[[str], Shape | None]
EQUALITIES = {"$equal", "$is_not_distinct_from"}
OUTER_JOINS = {
    ResolvedJoinScanEnums.LEFT: "LEFT OUTER",
    ResolvedJoinScanEnums.RIGHT: "RIGHT OUTER",
    ResolvedJoinScanEnums.FULL: "FULL OUTER",
}
# Prefixes of columns' names that BigQuery keeps for itself.
RESERVED = ("_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier")
MAXIMUM_COLUMNS = 10_000
MAXIMUM_NAME = 300


def _made(scan: Message) -> set[int]:
    return {column.column_id for column in get(leaf(scan), "column_list")}


def _equates(condition: Message, left: set[int], right: set[int]) -> bool:
    """Whether a condition is an equality between the two sides."""
    if kind(condition) != "ResolvedFunctionCall" or function_name(condition) not in EQUALITIES:
        return False
    first, second = (columns_read(argument) for argument in get(condition, "argument_list"))
    return bool(first and second) and ((first <= left and second <= right) or (first <= right and second <= left))


def outer_joins(statement: Message, _: Tables) -> Iterator[str]:
    """An outer join needs an equality between its sides: the engine joins by hashing."""
    for node, _path in walk(statement):
        if kind(node) != "ResolvedJoinScan" or node.join_type not in OUTER_JOINS:
            continue
        conditions = conjuncts(node.join_expr) if node.HasField("join_expr") else ()
        left, right = _made(node.left_scan), _made(node.right_scan)
        if not any(_equates(condition, left, right) for condition in conditions):
            yield (
                f"{OUTER_JOINS[node.join_type]} JOIN cannot be used without a condition that is an equality of fields "
                "from both sides of the join."
            )


def correlated_subqueries(statement: Message, _: Tables) -> Iterator[str]:
    """A subquery that reads a table and a column from outside must be one that a join can replace.

    It can where an equality ties the two and nothing picks rows (``LIMIT``) for each row outside.
    """
    for node, _path in walk(statement):
        if kind(node) != "ResolvedSubqueryExpr" or not node.parameter_list or not _reads_tables(node):
            continue
        outside = {reference.column.column_id for reference in node.parameter_list}
        scans = list(_own_nodes(node.subquery))
        tied = any(_ties(condition, outside) for scan in scans for condition in _conditions(scan)) or (
            node.subquery_type == ResolvedSubqueryExprEnums.IN and not _uses(node.subquery, outside)
        )
        if not tied or any(kind(scan) == "ResolvedLimitOffsetScan" for scan in scans):
            yield (
                "Correlated subqueries that reference other tables are not supported unless they can be "
                "de-correlated, such as by transforming them into an efficient JOIN."
            )


def _own_nodes(scan: Message) -> Iterator[Message]:
    """Yield the nodes of a subquery, without those of subqueries inside it that stand for one constant."""
    for node, path in walk(scan):
        inside = any(
            kind(above) == "ResolvedSubqueryExpr"
            and not above.parameter_list
            and above.subquery_type != ResolvedSubqueryExprEnums.IN
            for above, _ in path
        )
        if not inside:
            yield node


def _reads_tables(subquery: Message) -> bool:
    return any(kind(node) in ("ResolvedTableScan", "ResolvedWithRefScan") for node in _own_nodes(subquery.subquery))


def _conditions(scan: Message) -> Iterator[Message]:
    if kind(scan) == "ResolvedFilterScan":
        yield from conjuncts(scan.filter_expr)
    elif kind(scan) == "ResolvedJoinScan" and scan.HasField("join_expr"):
        yield from conjuncts(scan.join_expr)


def _uses(scan: Message, columns: set[int]) -> bool:
    return any(kind(node) == "ResolvedColumnRef" and node.column.column_id in columns for node in _own_nodes(scan))


def _ties(condition: Message, outside: set[int]) -> bool:
    if kind(condition) != "ResolvedFunctionCall" or function_name(condition) not in EQUALITIES:
        return False
    sides = [columns_read(argument) for argument in get(condition, "argument_list")]
    return any(one and one <= outside and other and not other & outside for one, other in (sides, sides[::-1]))


def partition_filters(statement: Message, tables: Tables) -> Iterator[str]:
    """A table with ``require_partition_filter`` is read and changed with a filter on its partitioning column only."""

    for table, column in unfiltered_tables(statement, tables):
        yield (
            f"Cannot query over table '{table}' without a filter over column(s) '{column}' that can be used for "
            "partition elimination"
        )


def column_names(statement: Message, _: Tables) -> Iterator[str]:
    """A table's columns are not too many, and have names that BigQuery leaves to users."""
    if kind(statement) not in ("ResolvedCreateTableStmt", "ResolvedCreateTableAsSelectStmt"):
        return
    names = [column.name for column in get(statement, "column_definition_list")]
    if len(names) > MAXIMUM_COLUMNS:
        yield f"Too many columns: {len(names)}. A table has at most {MAXIMUM_COLUMNS:,}."
    for name in names:
        if name.lower().startswith(RESERVED) or len(name) > MAXIMUM_NAME:
            yield (
                f'Invalid field name "{name}". A name has at most {MAXIMUM_NAME} characters and does not start with '
                f"one of {', '.join(RESERVED)}."
            )


RULES = (outer_joins, correlated_subqueries, partition_filters, column_names)
