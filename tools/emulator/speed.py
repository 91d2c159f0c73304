"""What makes bqemulator 1.4.0 faster and changes no result: one function per saving.

Most of the time of a statement goes into its text, which the emulator parses, copies and writes again some twenty
times over before DuckDB sees it.
"""

from __future__ import annotations

import gc
import re
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from contextvars import ContextVar
from copy import deepcopy
from functools import cache, wraps
from inspect import iscoroutinefunction, isfunction
from typing import TYPE_CHECKING, Any

import functions
import sqlglot
from bqemulator.catalog import ddl_sync
from bqemulator.domain.events import TableDataChanged
from bqemulator.jobs import ddl_result, executor
from bqemulator.scripting import interpreter
from bqemulator.sql import inner_query, translator
from bqemulator.storage.engine import DuckDBEngine
from bqemulator.versioning.snapshots import SnapshotManager
from sqlglot import exp
from sqlglot.dialects import Dialect
from sqlglot.expressions import core

if TYPE_CHECKING:
    from bqemulator.api.dependencies import AppContext
    from sqlglot.generator import Generator

# What looks at a statement's tree and changes nothing in it, by the module that calls it.
READERS = (
    (ddl_result, "_parse_statement"),
    (ddl_sync, "_detect_catalog_drop"),
    (ddl_sync, "_detect_create_schema"),
    (ddl_sync, "_detect_plain_create_table"),
    (ddl_sync, "_detect_plain_create_view"),
    (ddl_sync, "_extract_ddl_metadata"),
    (executor, "_parse_for_classification"),
    (executor, "_reject_dml_on_immutable"),
    (executor, "detect_drop_routine"),
    (inner_query, "build_catalog_schema"),
    (interpreter, "_is_row_producing"),
)

# Where rewriters of a statement's text stand: each returns the very text that it got where it changes nothing.
REWRITERS = (functions, inner_query, translator)

# Behind comments, which dbt puts in front of each statement.
COMMENTS = r"(?:\s++|(?:--|#)[^\n]*+|/\*.*?\*/)*+"
DML = re.compile(rf"{COMMENTS}(?:insert|update|delete|merge|truncate)\b", re.IGNORECASE | re.DOTALL)

REMEMBERED_STATEMENTS = 64
# As many windows as no statement has that filters or joins much.
MANY_WINDOWS = 30
OBJECTS_BEFORE_COLLECTION = 100_000


class Trees:
    """The trees of the last statements, by text and dialect."""

    def __init__(self) -> None:
        self._trees: OrderedDict[tuple[str, str], exp.Expr] = OrderedDict()

    def get(self, sql: str, dialect: str) -> exp.Expr:
        """Return a statement's tree, which is everybody's: copy it to change it.

        :raises ParseError: where it is no statement.
        """
        tree = self._trees.get((sql, dialect)) or self._parse(sql, dialect)
        self.put(sql, dialect, tree)
        return tree

    def take(self, sql: str, dialect: str) -> exp.Expr:
        """Return a statement's tree and forget it: it may be changed, or put back as it was."""
        return self._trees.pop((sql, dialect), None) or self._parse(sql, dialect)

    def put(self, sql: str, dialect: str, tree: exp.Expr) -> None:
        """Remember a statement's tree, and forget that of the statement that was not asked for the longest."""
        self._trees[sql, dialect] = tree
        self._trees.move_to_end((sql, dialect))
        if len(self._trees) > REMEMBERED_STATEMENTS:
            self._trees.popitem(last=False)

    def _parse(self, sql: str, dialect: str) -> exp.Expr:
        statements = Dialect.get_or_raise(dialect).parse(sql)
        if not statements or statements[0] is None:
            raise sqlglot.errors.ParseError(f"No expression was parsed from '{sql}'")
        return exp.Block(expressions=statements) if len(statements) > 1 else statements[0]


trees = Trees()
_is_only_read: ContextVar[bool] = ContextVar("_is_only_read", default=False)
# What a rewriter has taken: text, dialect and tree. None outside of rewriters.
_taken: ContextVar[list[tuple[str, str, exp.Expr]] | None] = ContextVar("_taken", default=None)


def reading(look: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function look at the remembered trees themselves.

    :param look: it changes nothing in them.
    """

    @wraps(look)
    def look_only(*arguments: Any, **options: Any) -> Any:
        before = _is_only_read.set(True)
        try:
            return look(*arguments, **options)
        finally:
            _is_only_read.reset(before)

    return look_only


def rewriting(rewrite: Callable[..., str]) -> Callable[..., str]:
    """Let a rewriter have the remembered trees themselves, and take them back where it changed nothing.

    :param rewrite: it gets a statement's text first, and returns that very object where it changes nothing.
    """

    @wraps(rewrite)
    def rewrite_taken(sql: str, *arguments: Any, **options: Any) -> str:
        before = _taken.set([])
        try:
            rewritten = rewrite(sql, *arguments, **options)
            if rewritten is sql:
                for text, dialect, tree in _taken.get() or ():
                    trees.put(text, dialect, tree)
            return rewritten
        finally:
            _taken.reset(before)

    return rewrite_taken


def parse_each_statement_once() -> None:
    """Remember the last parsed statements, and copy a tree only for those who may change it."""
    parse_one = sqlglot.parse_one

    def parse(sql: str, read: str, **options: Any) -> exp.Expr:
        if options:
            return parse_one(sql, read=read, **options)
        if _is_only_read.get():
            return trees.get(sql, read)
        taken = _taken.get()
        if taken is None:
            return trees.get(sql, read).copy()
        tree = trees.take(sql, read)
        taken.append((sql, read, tree))
        return tree

    def transpile(sql: str, read: str, write: str, **options: Any) -> list[str]:
        return [Dialect.get_or_raise(write).generate(trees.get(sql, read).copy(), copy=False, **options)]

    sqlglot.parse_one = parse
    sqlglot.transpile = transpile
    for module, name in READERS:
        setattr(module, name, reading(getattr(module, name)))
    for module in REWRITERS:
        for name, rewrite in list(vars(module).items()):
            if name.startswith(("rewrite_", "expand_")) and isfunction(rewrite) and not iscoroutinefunction(rewrite):
                setattr(module, name, rewriting(rewrite))


def reuse_generators() -> None:
    """Write SQL by generators that have written before, and a whole statement without a copy of its tree.

    Each new generator for DuckDB parses its templates of functions again (in compiled sqlglot, where they belong to the
    object), which takes longer than the writing itself. Writing changes the tree; whoever writes a whole statement
    here throws its tree away.
    """
    idle: dict[Any, list[Generator]] = defaultdict(list)

    def generate(self: Dialect, expression: exp.Expression, copy: bool = True, **options: Any) -> str:
        is_whole = expression.parent is None and isinstance(expression, exp.Query | exp.DDL | exp.DML)
        # A transform may write a part of the tree by a call of its own, which must not find this one's generator.
        alike = idle[type(self), str(self.settings), tuple(sorted(options.items()))]
        generator = alike.pop() if alike else self.generator(**options)
        sql = generator.generate(expression, copy=copy and not (is_whole and not _is_only_read.get()))
        alike.append(generator)
        return sql

    Dialect.generate = generate


def copy_trees_lightly() -> None:
    """Copy a node's flat notes (where it stood in the text, comments) as such; sqlglot recurses into each of them."""

    def copy_of(value: Any) -> Any:
        if isinstance(value, exp.Expr):
            return value.__deepcopy__({})
        return value.copy() if type(value) in (dict, list) else deepcopy(value)

    core.deepcopy = copy_of


def copy_no_table_for_time_travel() -> None:
    """Let a write cost what it writes: for time travel the emulator copies the whole table after each one."""

    def record_change(self: SnapshotManager, project_id: str, dataset_id: str, table_id: str) -> None:
        self._events.publish(TableDataChanged(project_id, dataset_id, table_id))

    SnapshotManager.record_change = record_change


def look_for_changed_rows_in_dml_only() -> None:
    """Parse no SELECT and no CREATE again, to look for the tables that DML changed."""
    capture = executor._capture_dml_snapshots

    async def capture_of_dml(project_id: str, bq_sql: str, ctx: AppContext) -> None:
        if DML.match(bq_sql):
            await capture(project_id, bq_sql, ctx)

    executor._capture_dml_snapshots = capture_of_dml


def refresh_views_that_are_named() -> None:
    """Parse no statement for the materialized views that it reads where its text holds the name of none."""
    refresh = inner_query.refresh_dependent_mvs

    async def refresh_named(project_id: str, bq_sql: str, ctx: AppContext) -> None:
        if any(view.table_id in bq_sql for view in ctx.catalog.list_all_materialized_views()):
            await refresh(project_id, bq_sql, ctx)

    inner_query.refresh_dependent_mvs = refresh_named


def make_rules_once() -> None:
    """Share the rules of translation, which keep nothing between statements."""
    translator.get_all_rules = cache(translator.get_all_rules)


def merge_by_delete_and_insert() -> None:
    """Let dbt's ``insert_overwrite`` cost the partitions that it replaces.

    It is a ``MERGE … ON FALSE`` that deletes some rows and inserts others. DuckDB joins it with the whole table, where
    BigQuery reads the named partitions.
    """
    plain_execute = DuckDBEngine.execute

    def parts(sql: str) -> tuple[str, str] | None:
        if not sql.startswith("MERGE") or "ON FALSE" not in sql:
            return None
        merge = trees.take(sql, "duckdb")
        whens = {bool(when.args.get("source")): when for when in merge.args["whens"].expressions}
        if len(whens) != len(merge.args["whens"].expressions) or any(when.args["matched"] for when in whens.values()):
            return None
        delete, insert = whens.get(True), whens.get(False)
        if not delete or not insert or not isinstance(insert.args["then"], exp.Insert):
            return None
        columns, values = insert.args["then"].this, insert.args["then"].expression
        stale = exp.delete(merge.this, where=delete.args["condition"])
        fresh = exp.select(*values.expressions).from_(merge.args["using"])
        table = exp.table_(merge.this.this, db=merge.this.args.get("db"))
        names = ", ".join(column.sql("duckdb") for column in columns.expressions)
        return stale.sql("duckdb"), f"INSERT INTO {table.sql('duckdb')} ({names}) {fresh.sql('duckdb')}"

    def with_its_own(sql: str, parameters: list[Any]) -> tuple[str, list[Any]]:
        # DuckDB refuses a parameter that a statement does not use.
        used = sorted({int(number) for number in re.findall(r"\$(\d+)", sql)})
        renumbered = re.sub(r"\$(\d+)", lambda match: f"${used.index(int(match[1])) + 1}", sql)
        return renumbered, [parameters[number - 1] for number in used]

    def execute(self: DuckDBEngine, sql: str, parameters: list[Any] | None = None) -> Any:
        delete, insert = parts(sql) or ("", "")
        if not delete:
            return plain_execute(self, sql, parameters)
        plain_execute(self, "BEGIN TRANSACTION")
        try:
            plain_execute(self, *with_its_own(delete, parameters or []))
            inserted = plain_execute(self, *with_its_own(insert, parameters or [])).fetchall()
            plain_execute(self, "COMMIT")
        except Exception:
            plain_execute(self, "ROLLBACK")
            raise
        return plain_execute(self, "SELECT ?::BIGINT AS Count", [inserted[0][0]])

    DuckDBEngine.execute = execute


def plan_many_windows_at_once() -> None:
    """Let DuckDB look for no filters in a statement of many windows.

    Of windows over windows it looks through each several times, so that eleven levels (the analysts' view of customers)
    take it half a minute, whatever their rows.
    """
    plain_execute = DuckDBEngine.execute

    def execute(self: DuckDBEngine, sql: str, parameters: list[Any] | None = None) -> Any:
        if sql.count(" OVER (") < MANY_WINDOWS:
            return plain_execute(self, sql, parameters)
        # On a cursor of its own: the statement's answer is read from the connection after this.
        with self.connection.cursor() as settings:
            settings.execute("SET disabled_optimizers = 'filter_pushdown'")
            try:
                return plain_execute(self, sql, parameters)
            finally:
                settings.execute("RESET disabled_optimizers")

    DuckDBEngine.execute = execute


class NoPandas:
    """Finds no pandas, without a look at the disk."""

    @staticmethod
    def find_spec(name: str, *_: Any) -> None:
        """Refuse pandas, and leave other modules to other finders."""
        if name == "pandas":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def look_for_no_pandas() -> None:
    """Let DuckDB know at once that pandas is missing; it asks at each value that a function in Python returns."""
    sys.meta_path.insert(0, NoPandas)


def collect_garbage_rarely() -> None:
    """Look for garbage each 100,000 objects, not each 700: a tree has more nodes, and is garbage when it was written.

    Each look at a tree that is still read costs as much as the tree is large: a quarter of the warehouse's time.
    """
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)


def make_fast() -> None:
    """Take every saving of this module."""
    collect_garbage_rarely()
    look_for_no_pandas()
    parse_each_statement_once()
    copy_trees_lightly()
    reuse_generators()
    copy_no_table_for_time_travel()
    look_for_changed_rows_in_dml_only()
    refresh_views_that_are_named()
    make_rules_once()
    merge_by_delete_and_insert()
    plan_many_windows_at_once()
