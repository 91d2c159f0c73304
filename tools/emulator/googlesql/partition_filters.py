"""Which tables a statement reads without a filter on their partitioning column, as BigQuery's planner sees it.

A filter counts where it stands above the table and BigQuery can push it down to it: through projections of the column
itself, joins, unions, CTEs, and aggregations and window functions that group by the column. It must compare the column
with something that is known before the table is read: literals, parameters, variables, scalar subqueries of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from google.protobuf.message import Message
from googlesql.shapes import INGESTION_TIME, Shape
from googlesql.tree import children, columns_read, conjuncts, get, kind, leaf, walk
from zetasql.wasi._pb2.zetasql.resolved_ast.resolved_ast_enums_pb2 import (
    ResolvedJoinScanEnums,
    ResolvedMergeWhenEnums,
    ResolvedSubqueryExprEnums,
)

Tables = Callable[[str], Shape | None]
WRITES = {"ResolvedUpdateStmt", "ResolvedDeleteStmt"}
READS = WRITES | {
    "ResolvedQueryStmt",
    "ResolvedCreateTableAsSelectStmt",
    "ResolvedCreateMaterializedViewStmt",
    "ResolvedInsertStmt",
    "ResolvedMergeStmt",
    "ResolvedExportDataStmt",
    "ResolvedAssertStmt",
}


def unfiltered_tables(statement: Message, tables: Tables) -> Iterator[tuple[str, str]]:
    """Yield each table that a statement reads or changes without the filter that it requires, with the column.

    :param statement: a resolved statement.
    :param tables: gives a table's shape.
    """
    # A view's definition may leave the filter to its queries; the other statements read no rows.
    if kind(statement) in READS:
        search = _Search(tables)
        search.statement(statement)
        yield from search.found()


def column_that_filters(view: Message, tables: Tables) -> str:
    """Return the column by which queries of a view must filter; empty where they need not.

    :param view: a resolved ``CREATE VIEW``.
    :param tables: gives a table's shape.
    """
    outputs = {column.name: column.column.column_id for column in get(view, "output_column_list")}

    def missing(above: set[int]) -> bool:
        search = _Search(tables)
        search.scan(leaf(get(view, "query")), above)
        return any(search.found())

    if not missing(set()):
        return ""
    return next((name for name, column in outputs.items() if not missing({column})), next(iter(outputs)))


def _filtered(condition: Message) -> set[int]:
    """Return the columns that a condition filters by something known beforehand."""
    filtered = set()
    for conjunct in conjuncts(condition):
        columns, known = set(), True
        for node, path in walk(conjunct):
            inside = any(kind(above) == "ResolvedSubqueryExpr" for above, _ in path)
            if kind(node) == "ResolvedColumnRef" and not inside:
                columns.add(node.column.column_id)
            if kind(node) == "ResolvedSubqueryExpr" and (
                node.parameter_list or node.subquery_type == ResolvedSubqueryExprEnums.IN
            ):
                known = False
        if len(columns) == 1 and known:
            filtered |= columns
    return filtered


def _one_column(expression: Message) -> int | None:
    """Return the only column that an expression reads, such as that of ``DATE(ts)``."""
    columns = columns_read(expression)
    return columns.pop() if len(columns) == 1 else None


class _Search:
    """Walks from the statement down, with the columns that are filtered above.

    :param tables: gives a table's shape.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._missing: list[tuple[str, str]] = []
        # Of a CTE: its scan, and the positions of the columns that each reference filters.
        self._ctes: dict[str, Message] = {}
        self._references: dict[str, list[set[int]]] = defaultdict(list)

    def found(self) -> Iterator[tuple[str, str]]:
        """Yield each table without its filter, and its partitioning column, once."""
        yield from dict.fromkeys(self._missing)

    def statement(self, node: Message) -> None:
        """Look at a statement: what it reads, and the table that it changes."""
        for field, child in children(node):
            if field == "table_scan" and kind(node) == "ResolvedInsertStmt":
                continue
            if field == "table_scan" and kind(node) in WRITES:
                # `UPDATE … FROM`: the filter above both is the statement's own.
                self.scan(child, _filtered(node.where_expr))
            elif field == "table_scan" and kind(node) == "ResolvedMergeStmt":
                self.scan(child, self._merge_filter(node))
            elif kind(child).endswith("Scan"):
                above = _filtered(node.where_expr) if kind(node) == "ResolvedUpdateStmt" else set()
                self.scan(child, above)
            else:
                self.expression(child)

    @staticmethod
    def _merge_filter(node: Message) -> set[int]:
        """A filter of a MERGE stands in ON, or in each clause that meets rows of the target."""
        filtered = _filtered(node.merge_expr)
        clauses = [
            _filtered(clause.match_expr) if clause.HasField("match_expr") else set()
            for clause in node.when_clause_list
            if clause.match_type != ResolvedMergeWhenEnums.NOT_MATCHED_BY_TARGET
        ]
        return filtered | (set.intersection(*clauses) if clauses else set())

    def expression(self, node: Message) -> None:
        """Look at the subqueries of an expression: filters outside are none of theirs."""
        if kind(node).endswith("Scan"):
            self.scan(node, set())
            return
        for _, child in children(node):
            self.expression(child)

    def scan(self, node: Message, above: set[int]) -> None:
        """Look at a scan.

        :param above: ids of its columns that are filtered above it.
        """
        step = getattr(self, f"_{kind(node)}", None)
        if step is not None:
            step(node, above)
        else:
            self._inputs(node, above)

    def _inputs(self, node: Message, above: set[int]) -> None:
        for _, child in children(node):
            if kind(child).endswith("Scan"):
                self.scan(child, above)
            else:
                self.expression(child)

    def _ResolvedTableScan(self, node: Message, above: set[int]) -> None:  # noqa: N802 - the node's name
        table = get(node, "table").full_name
        shape = self._tables(table)
        if not shape or not shape.needs_filter:
            return
        column = shape.partitioned_by
        names = {column.lower()} | (
            {name.lower() for name in INGESTION_TIME} if column.upper() in INGESTION_TIME else set()
        )
        partitioning = {made.column_id for made in get(node, "column_list") if made.name.lower() in names}
        if not partitioning & above:
            self._missing.append((table, column))

    def _ResolvedFilterScan(self, node: Message, above: set[int]) -> None:  # noqa: N802
        self.scan(leaf(node.input_scan), above | _filtered(node.filter_expr))
        self.expression(leaf(node.filter_expr))

    def _ResolvedProjectScan(self, node: Message, above: set[int]) -> None:  # noqa: N802
        below = set(above)
        for computed in node.expr_list:
            if computed.column.column_id in above and (column := _one_column(computed.expr)) is not None:
                below.add(column)
            self.expression(leaf(computed.expr))
        self.scan(leaf(node.input_scan), below)

    def _ResolvedAggregateScan(self, node: Message, above: set[int]) -> None:  # noqa: N802
        below = set()
        for computed in get(node, "group_by_list"):
            if computed.column.column_id in above and (column := _one_column(computed.expr)) is not None:
                below.add(column)
        for _, child in children(node):
            if not kind(child).endswith("Scan"):
                self.expression(child)
        self.scan(leaf(get(node, "input_scan")), below)

    def _ResolvedAnalyticScan(self, node: Message, above: set[int]) -> None:  # noqa: N802
        below = set(above)
        for group in node.function_group_list:
            partition_by = group.partition_by.partition_by_list if group.HasField("partition_by") else ()
            below &= {get(reference, "column").column_id for reference in partition_by}
        self.scan(leaf(node.input_scan), below)

    def _ResolvedLimitOffsetScan(self, node: Message, above: set[int]) -> None:  # noqa: N802
        self.scan(leaf(node.input_scan), set())

    def _ResolvedJoinScan(self, node: Message, above: set[int]) -> None:  # noqa: N802
        condition = _filtered(node.join_expr) if node.HasField("join_expr") else set()
        inner = ResolvedJoinScanEnums
        left = above | (condition if node.join_type in (inner.INNER, inner.RIGHT) else set())
        right = above | (condition if node.join_type in (inner.INNER, inner.LEFT) else set())
        self.scan(leaf(node.left_scan), left)
        self.scan(leaf(node.right_scan), right)
        if node.HasField("join_expr"):
            self.expression(leaf(node.join_expr))

    def _ResolvedSetOperationScan(self, node: Message, above: set[int]) -> None:  # noqa: N802
        positions = {i for i, column in enumerate(get(node, "column_list")) if column.column_id in above}
        for item in node.input_item_list:
            columns = [column.column_id for column in item.output_column_list]
            self.scan(leaf(item.scan), {columns[i] for i in positions if i < len(columns)})

    def _ResolvedWithScan(self, node: Message, above: set[int]) -> None:  # noqa: N802
        # A CTE may refer to those before it, so the last one's references are complete first.
        for entry in node.with_entry_list:
            self._ctes[entry.with_query_name] = leaf(entry.with_subquery)
        self.scan(leaf(node.query), above)
        for entry in reversed(node.with_entry_list):
            scan = self._ctes[entry.with_query_name]
            columns = [column.column_id for column in get(scan, "column_list")]
            references = self._references[entry.with_query_name]
            shared = set.intersection(*references) if references else set(range(len(columns)))
            self.scan(scan, {columns[i] for i in shared if i < len(columns)})

    def _ResolvedWithRefScan(self, node: Message, above: set[int]) -> None:  # noqa: N802
        positions = {i for i, column in enumerate(get(node, "column_list")) if column.column_id in above}
        self._references[node.with_query_name].append(positions)
