"""One statement: its names and types, against the shapes of the tables that it names."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from googlesql.engine import Engine, EngineError
from googlesql.language import bigquery_language, later_functions
from googlesql.shapes import INGESTION_TIME, Shape
from googlesql.tree import leaf
from googlesql.types import parse_type
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto.options_pb2 import AnalyzerOptionsProto
from zetasql.wasi._pb2.zetasql.proto.simple_catalog_pb2 import SimpleCatalogProto
from zetasql.wasi._pb2.zetasql.public.options_pb2 import ErrorMessageMode, ParameterMode
from zetasql.wasi._pb2.zetasql.public.simple_table_pb2 import SimpleTableProto
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeProto

SYSTEM_VARIABLES = {
    "row_count": "INT64",
    "project_id": "STRING",
    "dataset_id": "STRING",
    "dataset_project_id": "STRING",
    "time_zone": "STRING",
    "query_label": "STRING",
    "transaction_id": "STRING",
    "current_job_id": "STRING",
    "script.job_id": "STRING",
    "script.creation_time": "TIMESTAMP",
    "script.num_child_jobs": "INT64",
    "script.bytes_billed": "INT64",
    "script.bytes_processed": "INT64",
    "script.slot_ms": "INT64",
    "error.message": "STRING",
    "error.statement_text": "STRING",
    "error.formatted_stack_trace": "STRING",
}
# Strings, comments and quoted names; only names in backticks are looked at.
TOKEN = re.compile(
    r"""('''(?:\\.|.)*?'''|\"\"\"(?:\\.|.)*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|--[^\n]*|\#[^\n]*|/\*.*?\*/)"""
    r"|`([^`\n]*)`",
    re.DOTALL,
)
LOCATION = re.compile(r"\s*\[at (\d+):(\d+)\]")
# Catalogs that the front end keeps, so that a script's statements don't each send theirs again.
KEPT_CATALOGS = 16


class RefusedError(Exception):
    """GoogleSQL refuses a statement.

    :param message: BigQuery's message, without the position.
    :param line: line of the statement, from 1; 0 where it is not known.
    :param column: character of the line, from 1.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"{message} at [{line}:{column}]" if line else message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True)
class Scope:
    """What a statement can name besides functions.

    :param tables: shape by the path that the statement writes, of the tables that exist; one part per name.
    :param full_names: full name of each of these tables.
    :param parameters: ``queryParameters`` of the REST API, by type only.
    :param variables: a script's variables.
    """

    tables: Mapping[tuple[str, ...], Shape] = field(default_factory=dict)
    full_names: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    parameters: Sequence[tuple[str, TypeProto]] = ()
    variables: Mapping[str, TypeProto] = field(default_factory=dict)


@dataclass(frozen=True)
class Sql:
    """A statement's text as BigQuery reads it: a name such as ```p.d.t``` is three names.

    :param text: the text for the analyzer.
    :param inserted: byte positions of ``text`` behind which two characters were put in.
    """

    text: str
    inserted: tuple[int, ...]

    def locate(self, line: int, column: int) -> tuple[int, int]:
        """Return where a position of ``text`` is in the user's text, as line and column from 1."""
        starts = [0, *(found.end() for found in re.finditer("\n", self.text))]
        start = starts[line - 1] if line <= len(starts) else len(self.text)
        before = sum(1 for position in self.inserted if start <= position < start + column - 1)
        return line, column - 2 * before


def bigquery_names(sql: str) -> Sql:
    """Split each name in backticks at its dots, as BigQuery does: ```p.d.t``` names a table of a dataset.

    :param sql: a statement or script.
    """
    parts: list[str] = []
    inserted: list[int] = []
    length = end = 0
    for token in TOKEN.finditer(sql):
        name = token[2]
        # A role, such as `roles/bigquery.dataViewer`, is one name.
        if name is None or "." not in name or "/" in name:
            continue
        names = name.replace(":", ".", 1) if re.fullmatch(r"[a-z][a-z0-9-]*:\w+\.\w+", name) else name
        before = sql[end : token.start()]
        parts.append(before)
        length += len(before) + 1
        pieces = names.split(".")
        for piece in pieces[:-1]:
            length += len(piece) + 1
            inserted.append(length)
            length += 2
        parts.append("`" + "`.`".join(pieces) + "`")
        length += len(pieces[-1]) + 1
        end = token.end()
    parts.append(sql[end:])
    return Sql("".join(parts), tuple(inserted))


class Analyzer:
    """BigQuery's parser and resolver.

    :param engine: the front end.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._language = bigquery_language(engine)
        self._catalogs: OrderedDict[bytes, int] = OrderedDict()

    def parse(self, sql: str) -> Message:
        """Return a script's parse tree (``ASTScript``).

        :raises RefusedError: where the text is no GoogleSQL.
        """
        request = service.ParseRequest(sql_statement=sql, options=self._language, allow_script=True)
        return self._ask("Parse", request, service.ParseResponse).parsed_script

    def table_names(self, sql: str) -> list[tuple[str, ...]]:
        """Return the paths of the tables that a script reads or changes, as it writes them.

        :raises RefusedError: where the text is no GoogleSQL.
        """
        request = service.ExtractTableNamesFromStatementRequest(
            sql_statement=sql, options=self._language, allow_script=True
        )
        answer = self._ask("ExtractTableNamesFromStatement", request, service.ExtractTableNamesFromStatementResponse)
        return [tuple(name.table_name_segment) for name in answer.table_name]

    def resolve(self, sql: str, scope: Scope) -> Message:
        """Return a statement's resolved tree, the node itself.

        :param sql: one statement, its names split.
        :param scope: what it can name.
        :raises RefusedError: where BigQuery refuses it.
        """
        request = service.AnalyzeRequest(sql_statement=sql, registered_catalog_id=self._catalog(scope))
        self._options(request.options, scope)
        return leaf(self._ask("Analyze", request, service.AnalyzeResponse).resolved_statement)

    def resolve_expression(self, sql: str, scope: Scope) -> Message:
        """Return an expression's resolved tree.

        :param sql: one expression.
        :param scope: what it can name.
        :raises RefusedError: where BigQuery refuses it.
        """
        request = service.AnalyzeRequest(sql_expression=sql, registered_catalog_id=self._catalog(scope))
        self._options(request.options, scope)
        return leaf(self._ask("Analyze", request, service.AnalyzeResponse).resolved_expression)

    def evaluate(self, sql: str) -> service.EvaluateQueryResponse:
        """Run a query that reads no table on the reference engine.

        :param sql: one query, its names split.
        :raises RefusedError: where it fails, as BigQuery would.
        """
        request = service.EvaluateQueryRequest(sql=sql, registered_catalog_id=self._catalog(Scope()))
        self._options(request.options, Scope())
        # They have no values here.
        del request.options.system_variables[:]
        return self._ask("EvaluateQuery", request, service.EvaluateQueryResponse)

    def _ask(self, method: str, request: Message, response: Any) -> Any:
        try:
            return self._engine.ask(method, request, response)
        except EngineError as refusal:
            text = str(refusal)
            where = LOCATION.search(text)
            message = LOCATION.sub("", text).strip()
            raise (
                RefusedError(message, *(int(part) for part in where.groups())) if where else RefusedError(message)
            ) from None

    def _options(self, options: AnalyzerOptionsProto, scope: Scope) -> None:
        options.language_options.CopyFrom(self._language)
        options.default_timezone = "UTC"
        options.error_message_mode = ErrorMessageMode.ERROR_MESSAGE_ONE_LINE
        options.prune_unused_columns = False
        for name, kind in scope.parameters:
            if name:
                options.query_parameters.add(name=name).type.CopyFrom(kind)
            else:
                options.parameter_mode = ParameterMode.PARAMETER_POSITIONAL
                options.positional_query_parameters.add().CopyFrom(kind)
        for name, text in INGESTION_TIME.items():
            options.ddl_pseudo_columns.add(name=name).type.CopyFrom(parse_type(text))
        for path, text in SYSTEM_VARIABLES.items():
            options.system_variables.add(name_path=path.split(".")).type.CopyFrom(parse_type(text))

    def _catalog(self, scope: Scope) -> int:
        """Return the front end's number of a catalog with what the scope names; it keeps the newest ones."""
        catalog = self._catalog_of(scope)
        key = catalog.SerializeToString(deterministic=True)
        if key in self._catalogs:
            self._catalogs.move_to_end(key)
            return self._catalogs[key]
        answer = self._engine.ask(
            "RegisterCatalog", service.RegisterCatalogRequest(simple_catalog=catalog), service.RegisterResponse
        )
        self._catalogs[key] = answer.registered_id
        if len(self._catalogs) > KEPT_CATALOGS:
            _, oldest = self._catalogs.popitem(last=False)
            self._engine.ask(
                "UnregisterCatalog", service.UnregisterRequest(registered_id=oldest), service.UnregisterRequest
            )
        return answer.registered_id

    def _catalog_of(self, scope: Scope) -> SimpleCatalogProto:
        root = SimpleCatalogProto(name="bigquery")
        root.builtin_function_options.language_options.CopyFrom(self._language)
        root.custom_function.extend(later_functions())
        folders: dict[tuple[str, ...], SimpleCatalogProto] = {(): root}
        for number, (path, shape) in enumerate(sorted(scope.tables.items()), start=1):
            for depth in range(1, len(path)):
                if path[:depth] not in folders:
                    folders[path[:depth]] = folders[path[: depth - 1]].catalog.add(name=path[depth - 1])
            _add_table(folders[path[:-1]].table.add(), path[-1], scope.full_names[path], number, shape)
        for name, kind in scope.variables.items():
            constant = root.constant.add(name_path=[name])
            constant.type.CopyFrom(kind)
            constant.value.SetInParent()
        return root


def _add_table(table: SimpleTableProto, name: str, full_name: str, number: int, shape: Shape) -> None:
    table.name = table.name_in_catalog = name
    table.full_name = full_name
    table.serialization_id = number
    for column, kind in shape.types.items():
        table.column.add(name=column, is_pseudo_column=column in shape.pseudo).type.CopyFrom(kind)
