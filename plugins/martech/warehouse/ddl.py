"""Read ``CREATE`` statements of BigQuery: render them, put them in order, and see what they declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import sqlglot
from jinja2 import Environment, StrictUndefined
from jinja2.exceptions import TemplateError
from sqlglot import exp
from sqlglot.errors import SqlglotError

SQL_TEMPLATES = Environment(undefined=StrictUndefined)  # noqa: S701 - SQL, not HTML
KINDS = ("table", "view", "materialized view")  # in the order of creation


class DdlError(ValueError):
    """A SQL file cannot be used; the message names the file and the fix."""


@dataclass(frozen=True)
class Column:
    """A declared column.

    :param name: column name.
    :param data_type: type as ``INFORMATION_SCHEMA.COLUMNS`` writes it.
    :param mode: NULLABLE, REQUIRED or REPEATED, as in BigQuery's API.
    :param description: what it holds; empty if the DDL doesn't say.
    """

    name: str
    data_type: str
    mode: str
    description: str


@dataclass(frozen=True)
class CreateStatement:
    """One table or view as its DDL declares it.

    :param kind: table, view or materialized view.
    :param name: ``project.dataset.table``.
    :param columns: declared columns, in order; empty for views.
    :param partition_field: column whose day is the partition; None if not partitioned.
    :param cluster_fields: clustering columns, in order.
    :param options: values of ``OPTIONS(…)`` by name; ``labels`` is a dict.
    :param reads: ``project.dataset.table`` of everything a view reads.
    """

    kind: str
    name: str
    columns: tuple[Column, ...]
    partition_field: str | None
    cluster_fields: tuple[str, ...]
    options: dict[str, Any]
    reads: frozenset[str]

    @property
    def dataset_id(self) -> str:
        """Dataset of the object."""
        return self.name.split(".")[-2]

    @property
    def table_id(self) -> str:
        """Name of the object in its dataset."""
        return self.name.split(".")[-1]


@dataclass(frozen=True)
class Script:
    """A rendered SQL file.

    :param path: where it is.
    :param sql: its text, ready to run.
    :param create: what it declares.
    """

    path: Path
    sql: str
    create: CreateStatement


def render(path: Path, context: Mapping[str, Any]) -> str:
    """Render a SQL file; a name that the context doesn't have is an error, never an empty text.

    :param path: the file, a Jinja template.
    :param context: values by name.
    :raises DdlError: where the file is missing, no template, or names an unknown variable.
    """
    try:
        return SQL_TEMPLATES.from_string(path.read_text()).render(context)
    except FileNotFoundError:
        raise DdlError(f"{path} does not exist.") from None
    except TemplateError as error:
        raise DdlError(f"{path}: {error}. It may use: {', '.join(sorted(context))}.") from error


def _literal(value: exp.Expression) -> Any:
    if isinstance(value, exp.Array | exp.Tuple):
        return [_literal(item) for item in value.expressions]
    if isinstance(value, exp.Boolean):
        return bool(value.this)
    if isinstance(value, exp.Literal) and not value.is_string:
        return value.to_py()
    return value.name or value.sql("bigquery")


def _options(properties: exp.Expression | None) -> dict[str, Any]:
    found = properties.expressions if properties else []
    options = {item.name: _literal(item.args["value"]) for item in found if type(item) is exp.Property}
    if "labels" in options:
        options["labels"] = dict(options["labels"])
    return options


def _without_descriptions(kind: exp.DataType) -> exp.DataType:
    for nested in kind.find_all(exp.ColumnDef):
        nested.set("constraints", None)
    return kind


def same_type(left: str, right: str) -> bool:
    """Return True if two GoogleSQL types hold the same values, whatever their spelling or length.

    :param left: a type, such as ``array<struct<a numeric(10, 2)>>``.
    :param right: the other type, as ``INFORMATION_SCHEMA.COLUMNS`` writes it.
    """
    return _plain_type(left) == _plain_type(right)


@cache
def _plain_type(data_type: str) -> str:
    column = sqlglot.parse_one(f"create table t (c {data_type})", read="bigquery").this.expressions[0]
    kind = _without_descriptions(column.kind)
    for typed in list(kind.find_all(exp.DataType)):
        if any(isinstance(item, exp.DataTypeParam) for item in typed.expressions):
            typed.set("expressions", None)
    return kind.sql("bigquery").casefold()


def _column(definition: exp.Expression, origin: str) -> Column:
    if not isinstance(definition, exp.ColumnDef) or definition.kind is None:
        raise DdlError(f"{origin}: {definition.sql('bigquery')} is not a column with a type: write it as `name TYPE`.")
    constraints = [constraint.kind for constraint in definition.args.get("constraints") or []]
    required = any(isinstance(kind, exp.NotNullColumnConstraint) for kind in constraints)
    options = next((_options(kind) for kind in constraints if isinstance(kind, exp.Properties)), {})
    data_type = _without_descriptions(definition.kind).sql("bigquery")
    mode = "REPEATED" if data_type.startswith("ARRAY") else "REQUIRED" if required else "NULLABLE"
    return Column(definition.name, data_type, mode, options.get("description", ""))


def _full_name(table: exp.Table) -> str:
    # `p.d.t` in one pair of backticks and `p`.`d`.`t` are the same table.
    return ".".join(part.name for part in table.parts)


# Reading takes tens of milliseconds, and a step reads what the one before it read.
@lru_cache(maxsize=1000)
def parse_create(sql: str, origin: str = "the statement") -> CreateStatement:
    """Return what a rendered ``CREATE TABLE``, ``VIEW`` or ``MATERIALIZED VIEW`` declares.

    :param sql: one statement in GoogleSQL.
    :param origin: how errors call it, usually the path.
    :raises DdlError: where it is not one such statement, or not valid SQL.
    """
    try:
        statements = [statement for statement in sqlglot.parse(sql, read="bigquery") if statement]
    except SqlglotError as error:
        raise DdlError(f"{origin} is not valid GoogleSQL: {error}") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Create):
        raise DdlError(f"{origin} must hold one CREATE TABLE or CREATE VIEW statement: one object per file.")
    create = statements[0]
    target = create.find(exp.Table)
    properties = create.args.get("properties")
    is_materialized = bool(properties and properties.find(exp.MaterializedProperty))
    kind = "materialized view" if is_materialized else (create.kind or "").lower()
    if kind not in KINDS or target is None or len(target.parts) != 3:
        raise DdlError(f"{origin} must create a table or view named `project.dataset.name`.")
    schema = create.this if isinstance(create.this, exp.Schema) else None
    partition = properties.find(exp.PartitionedByProperty) if properties else None
    cluster = properties.find(exp.ClusterProperty) if properties else None
    partition_column = partition.find(exp.Identifier) if partition else None
    return CreateStatement(
        kind=kind,
        name=_full_name(target),
        columns=tuple(_column(item, origin) for item in (schema.expressions if schema and kind == "table" else [])),
        partition_field=partition_column.name if partition_column else None,
        cluster_fields=tuple(item.name for item in cluster.expressions) if cluster else (),
        options=_options(properties),
        # A name without a dataset is a part of the query.
        reads=frozenset(_full_name(table) for table in create.expression.find_all(exp.Table) if table.db)
        if create.expression
        else frozenset(),
    )


def load_scripts(paths: Iterable[Path], context: Mapping[str, Any]) -> list[Script]:
    """Render and parse SQL files, and put them in the order in which they can be created.

    Tables come first, then views, then materialized views; a view comes after what it reads.

    :param paths: the files, one object each.
    :param context: values for the templates.
    :raises DdlError: for the first file that cannot be used, or where views read each other in a circle.
    """
    scripts = []
    for path in sorted(paths):
        sql = render(path, context)
        scripts.append(Script(path, sql, parse_create(sql, str(path))))
    scripts.sort(key=lambda script: KINDS.index(script.create.kind))
    by_name = {script.create.name: script for script in scripts}
    graph = {name: sorted(script.create.reads & by_name.keys() - {name}) for name, script in by_name.items()}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]
