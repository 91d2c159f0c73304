"""A script as BigQuery reads it: statement by statement, with its variables, temporary tables and control flow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from google.protobuf.message import Message
from googlesql.analyzer import Analyzer, RefusedError, Scope, bigquery_names
from googlesql.changes import Changes, changes_of, created_name, is_temporary
from googlesql.shapes import INFORMATION_SCHEMA, TABLE_SUFFIX, Shape
from googlesql.tree import children, get, has, kind, leaf, span
from googlesql.types import struct_of, type_text
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeKind, TypeProto

# A rule looks at a resolved statement and yields what BigQuery's engine says against it.
Rule = Callable[[Message, Callable[[str], Shape | None]], Iterator[str]]
Resolve = Callable[[str, Scope], Message]
# Statements of a script that name no table and need no analysis.
PLAIN = {"ASTBreakStatement", "ASTContinueStatement", "ASTReturnStatement"}
# What they run is not known before they run: the warehouse's interpreter says what is wrong with it.
DYNAMIC = {"ASTCallStatement", "ASTExecuteImmediateStatement"}
# Blocks and branches: what stands in them is looked at, one after the other.
BLOCKS = {
    "ASTBeginEndBlock",
    "ASTIfStatement",
    "ASTWhileStatement",
    "ASTRepeatStatement",
    "ASTCaseStatement",
    "ASTForInStatement",
    "ASTElseifClause",
    "ASTElseifClauseList",
    "ASTWhenThenClause",
    "ASTWhenThenClauseList",
    "ASTUntilClause",
    "ASTExceptionHandler",
    "ASTExceptionHandlerList",
}
# Makes the analyzer convert a value as an assignment does.
ASSIGNED = ("assigned_variable",)


class TableNotFoundError(RefusedError):
    """A statement names a table or dataset that does not exist.

    :param message: BigQuery's message.
    """


class World(Protocol):
    """The tables that exist when a script starts."""

    def shape(self, full_name: str) -> Shape | None:
        """Return a table's shape; None where it does not exist."""

    def newest(self, prefix: str) -> Shape | None:
        """Return the shape of the newest table whose full name starts with ``prefix``."""

    def has_dataset(self, name: str) -> bool:
        """Whether the dataset ``project.dataset`` exists."""


@dataclass
class Script:
    """One job's statements.

    :param analyzer: BigQuery's parser and resolver.
    :param world: the tables that exist.
    :param project: the job's project.
    :param default_dataset: ``project.dataset`` of tables named without one; empty where the job has none.
    :param parameters: name (empty for positional ones) and type of each query parameter.
    :param rules: of the engine.
    :param resolved: the resolved statements, filled by ``check``.
    """

    analyzer: Analyzer
    world: World
    project: str
    default_dataset: str = ""
    parameters: Sequence[tuple[str, TypeProto]] = ()
    rules: Sequence[Rule] = ()
    changes: Changes = field(default_factory=dict)
    resolved: list[Message] = field(default_factory=list)
    _variables: dict[str, TypeProto] = field(default_factory=dict)
    _temporary: Changes = field(default_factory=dict)
    _text: bytes = b""

    def check(self, sql: str) -> Changes:
        """Check every statement and return what they make of the tables, temporary ones left out.

        :param sql: a statement or script.
        :raises RefusedError: where BigQuery refuses it, with the position in ``sql``.
        """
        names = bigquery_names(sql)
        self._text = names.text.encode()
        try:
            self._sequence(leaf(node) for node in self.analyzer.parse(names.text).statement_list_node.statement_list)
        except RefusedError as refusal:
            if refusal.line:
                line, column = names.locate(refusal.line, refusal.column)
                raise type(refusal)(refusal.message, line, column) from None
            raise
        return self.changes

    # ── statements ──────────────────────────────────────────────────────────────────────────────────────

    def _sequence(self, statements: Iterable[Message]) -> None:
        started = False
        for node in statements:
            declares = kind(node) == "ASTVariableDeclaration"
            if declares and started:
                where = self._position(span(node)[0])
                raise RefusedError("Variable declarations are allowed only at the start of a block or script", *where)
            started = started or not declares
            self._check(node)

    def _check(self, node: Message) -> None:
        match kind(node):
            case name if name in PLAIN or name in DYNAMIC:
                return
            case "ASTVariableDeclaration":
                self._declare(node)
            case "ASTSingleAssignment":
                self._assign([node.variable.id_string], node.expression)
            case "ASTAssignmentFromStruct":
                self._assign([name.id_string for name in node.variables.identifier_list], node.struct_expression)
            case "ASTRaiseStatement":
                if has(node, "message"):
                    self._expression(node.message)
            case "ASTStatementList":
                self._sequence(child for _, child in children(node))
            case name if name in BLOCKS:
                self._block(node)
            case _:
                self._statement(node)

    def _block(self, node: Message) -> None:
        """Check what stands in a block. A variable is known to its end, and in its handlers not at all."""
        outside = dict(self._variables)
        if kind(node) == "ASTForInStatement":
            query = self._resolve(node.query)
            columns = get(query, "output_column_list")
            self._variables[node.variable.id_string] = struct_of({c.name: c.column.type for c in columns})
        for name, child in children(node):
            if kind(node) == "ASTForInStatement" and name in ("variable", "query"):
                continue
            if kind(child) in BLOCKS or kind(child).endswith(("Statement", "StatementList")):
                if kind(child) == "ASTExceptionHandlerList":
                    self._variables = dict(outside)
                self._check(child)
            elif kind(child) != "ASTLabel" and kind(child) != "ASTIdentifier":
                self._expression(child)
        if kind(node) in ("ASTBeginEndBlock", "ASTForInStatement"):
            self._variables = outside

    def _statement(self, node: Message) -> None:
        resolved = self._resolve(node)
        self.resolved.append(resolved)
        for rule in self.rules:
            for message in rule(resolved, self._shape):
                raise RefusedError(message)
        changed = changes_of(resolved, self.full_name, self._shape)
        if is_temporary(resolved) and created_name(resolved, self.full_name) in changed:
            self._temporary.update(changed)
        else:
            for name, shape in changed.items():
                (self._temporary if name in self._temporary else self.changes)[name] = shape

    # ── variables ───────────────────────────────────────────────────────────────────────────────────────

    def _declare(self, node: Message) -> None:
        default = has(node, "default_value")
        if has(node, "type"):
            declared = self._expression_at(*span(leaf(node.type)), before="cast(null as ", after=")")
        else:
            declared = self._expression(node.default_value)
        for name in node.variable_list.identifier_list:
            self._variables[name.id_string] = declared
        if default and has(node, "type"):
            self._convert(node.default_value, declared)

    def _assign(self, names: Sequence[str], expression: Message) -> None:
        declared = {name.lower(): kind_ for name, kind_ in self._variables.items()}
        for name in names:
            if name.lower() not in declared:
                raise RefusedError(f"Undeclared variable: {name}", *self._position(span(leaf(expression))[0]))
        kinds = [declared[name.lower()] for name in names]
        value = self._expression(expression)
        # `SET (a, b) = …` takes a struct apart; of `SET (a) = …` and `SET a = …` the tree says which it is.
        structs = [made.type_kind == TypeKind.TYPE_STRUCT for made in (value, kinds[0])]
        if len(kinds) == 1 and structs != [True, False]:
            self._convert(expression, kinds[0])
            return
        fields = value.struct_type.field
        if len(fields) != len(kinds):
            where = self._position(span(leaf(expression))[0])
            raise RefusedError(
                f"Number of fields in the struct ({len(fields)}) does not match number of variables ({len(kinds)})",
                *where,
            )
        for inner, wanted in zip(fields, kinds, strict=True):
            self._convert_type(inner.field_type, wanted, expression)

    def _convert(self, expression: Message, wanted: TypeProto) -> None:
        """Refuse a value that an assignment to a variable of type ``wanted`` does not convert."""
        start, end = span(leaf(expression))
        scope = self._scope(self._tables_in(start, end))
        scope.tables[ASSIGNED] = _column_of(wanted)
        scope.full_names[ASSIGNED] = ASSIGNED[0]
        try:
            self._resolve_text((start, end), scope, f"insert into {ASSIGNED[0]} (value) values (", ")")
        except RefusedError as refusal:
            raise RefusedError(_assignment(refusal.message), *self._position(start)) from None

    def _convert_type(self, actual: TypeProto, wanted: TypeProto, expression: Message) -> None:
        source = ("assigned_struct",)
        scope = self._scope({})
        scope.tables.update({ASSIGNED: _column_of(wanted), source: _column_of(actual)})
        scope.full_names.update({ASSIGNED: ASSIGNED[0], source: source[0]})
        try:
            self.analyzer.resolve(f"insert into {ASSIGNED[0]} (value) select value from {source[0]}", scope)
        except RefusedError as refusal:
            where = self._position(span(leaf(expression))[0])
            raise RefusedError(_assignment(refusal.message), *where) from None

    # ── analysis of parts of the text ───────────────────────────────────────────────────────────────────

    def _resolve(self, node: Message) -> Message:
        start, end = span(node)
        tables = self._tables_in(start, end)
        # The table that a statement changes is not among those that it reads.
        targets = [child for _, child in children(node) if kind(child) == "ASTPathExpression"]
        for target in targets:
            self._add_table(tables, tuple(name.id_string for name in target.names))
        return self._resolve_text((start, end), self._scope(tables))

    def _expression(self, node: Message) -> TypeProto:
        return self._expression_at(*span(leaf(node)))

    def _expression_at(self, start: int, end: int, before: str = "", after: str = "") -> TypeProto:
        scope = self._scope(self._tables_in(start, end, before="select "))
        return get(self._resolve_text((start, end), scope, before, after, self.analyzer.resolve_expression), "type")

    def _resolve_text(
        self, where: tuple[int, int], scope: Scope, before: str = "", after: str = "", resolve: Resolve | None = None
    ) -> Message:
        start, end = where
        text = before + self._text[start:end].decode() + after
        try:
            return (resolve or self.analyzer.resolve)(text, scope)
        except RefusedError as refusal:
            line, column = self._position(start)
            if not refusal.line:
                line = column = 0
            elif refusal.line == 1:
                column += refusal.column - 1 - len(before)
            else:
                line, column = line + refusal.line - 1, refusal.column
            raise self._missing_table(refusal, line, column) from None

    def _missing_table(self, refusal: RefusedError, line: int, column: int) -> RefusedError:
        prefix = "Table not found: "
        if not refusal.message.startswith(prefix):
            return RefusedError(refusal.message, line, column)
        path = refusal.message.removeprefix(prefix).split(";")[0].replace("`", "").split(".")
        if len(path) == 1 and not self.default_dataset:
            message = f'Table "{path[0]}" must be qualified with a dataset (e.g. dataset.table).'
            return RefusedError(message, line, column)
        project, dataset, *table = self.full_name(path).split(".")
        if not self.world.has_dataset(f"{project}.{dataset}"):
            return TableNotFoundError(f"Not found: Dataset {project}:{dataset} was not found in location US")
        return TableNotFoundError(
            f"Not found: Table {project}:{dataset}.{'.'.join(table)} was not found in location US"
        )

    def _position(self, byte: int) -> tuple[int, int]:
        before = self._text[:byte].decode()
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    # ── tables ──────────────────────────────────────────────────────────────────────────────────────────

    def _tables_in(self, start: int, end: int, before: str = "") -> dict[tuple[str, ...], Shape]:
        tables: dict[tuple[str, ...], Shape] = {}
        text = self._text[start:end].decode()
        try:
            names = self.analyzer.table_names(before + text)
        except RefusedError:
            names = []  # the analysis says what is wrong with the text, and where
        for path in names:
            self._add_table(tables, path)
        return tables

    def _add_table(self, tables: dict[tuple[str, ...], Shape], path: tuple[str, ...]) -> None:
        if shape := self._named(path):
            tables[path] = shape

    def _named(self, path: tuple[str, ...]) -> Shape | None:
        parts = [part for name in path for part in name.split(".")]
        upper = [part.upper() for part in parts]
        if "INFORMATION_SCHEMA" in upper:
            return self._information_schema(parts, upper.index("INFORMATION_SCHEMA"))
        if len(parts) == 1 and self._temporary.get(parts[0]):
            return self._temporary[parts[0]]
        if len(parts) == 1 and not self.default_dataset:
            return None
        name = self.full_name(parts)
        if name.endswith("*"):
            found = self.world.newest(name.removesuffix("*"))
            return found and Shape(found.columns, pseudo={**found.pseudo, **TABLE_SUFFIX})
        return self._shape(name)

    def _information_schema(self, parts: Sequence[str], index: int) -> Shape | None:
        view = parts[index + 1].upper() if len(parts) > index + 1 else ""
        view = view.removesuffix("_BY_PROJECT")
        scope = parts[:index]
        of_region = not scope or scope[-1].lower().startswith("region-")
        if not of_region:
            dataset = ".".join(scope if len(scope) > 1 else [self.project, *scope])
            if not self.world.has_dataset(dataset):
                project, name = dataset.split(".", 1)
                raise TableNotFoundError(f"Not found: Dataset {project}:{name} was not found in location US")
        views = {**INFORMATION_SCHEMA["dataset"], **(INFORMATION_SCHEMA["region"] if of_region else {})}
        return views.get(view)

    def _shape(self, full_name: str) -> Shape | None:
        for known in (self._temporary, self.changes):
            if full_name in known:
                return known[full_name]
        return self.world.shape(full_name)

    def full_name(self, path: Sequence[str]) -> str:
        """Return the full name of a path of names; a temporary table has one part."""
        parts = [part for name in path for part in name.split(".")]
        match len(parts):
            case 1:
                return f"{self.default_dataset}.{parts[0]}" if parts[0] not in self._temporary else parts[0]
            case 2 if parts[0].upper() == "_SESSION":
                return parts[1]
            case 2:
                return f"{self.project}.{parts[0]}.{parts[1]}"
            case _:
                return ".".join(parts)

    def _scope(self, tables: Mapping[tuple[str, ...], Shape]) -> Scope:
        names = {path: self.full_name(path) for path in tables}
        return Scope(dict(tables), names, self.parameters, self._variables)


def _assignment(message: str) -> str:
    """Return BigQuery's words for a value that a variable cannot take, instead of those for an INSERT."""
    found = re.search(r"has type (.*) which cannot be inserted .* which has type (.*)", message)
    return f"Cannot coerce expression of type {found[1]} to type {found[2]}" if found else message


def _column_of(wanted: TypeProto) -> Shape:
    return Shape({"value": type_text(wanted)})
