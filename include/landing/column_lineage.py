"""Says of every bronze column from which columns of the connector's tables it is made, by reading the landing's SQL.

What only decides which row is meant (an order, a partition of a window) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import sqlglot
from martech.ingestion.landed_table import CONNECTION, SYNCED, LandedTable
from sqlglot import exp
from sqlglot.optimizer import build_scope
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope

from include.landing.declared_landings import load_landings
from include.pipeline.settings import DBT_DIR

DOCS_FILE = DBT_DIR / "models" / "landing.md"
Origins = frozenset[tuple[str, str]]


def connector_columns(table: LandedTable) -> dict[str, list[str]]:
    """Return the connector's ``table.column`` by bronze column; a column that no connector has comes from none.

    Where a connector may call a table or column in several ways, the first is named.

    :param table: the bronze table.
    """
    names = {
        (source.name, column.name): [
            f"{(source.names or source.shards)[0]}.{name}"
            for name in (column.names[:1] or [name for _, name in column.fields] or [f"{column.prefix}…"])
        ]
        for source in table.inputs
        for column in source.columns
    }
    synced = {(source.name, SYNCED): f"{(source.names or source.shards)[0]}.{SYNCED}" for source in table.inputs}
    final = _final(table)
    found: dict[str, list[str]] = {}
    for column in table.mapped:
        origins = _origins(final, column)
        listed = [name for origin in origins for name in names.get(origin, [])]
        found[column] = sorted({*listed, *(synced[origin] for origin in origins if origin in synced)})
    return found


def _final(table: LandedTable) -> Scope:
    types: dict[str, object] = {
        source.name: {column.name: column.data_type for column in source.columns}
        | {SYNCED: "TIMESTAMP", CONNECTION: "STRING"}
        for source in table.inputs
    }
    query = sqlglot.parse_one(f"with {table.ctes} select * from final", read="bigquery")  # noqa: S608 - never run
    scope = build_scope(qualify(query, schema=types, dialect="bigquery", identify=False))
    if scope is None:
        raise ValueError(f"The SQL that fills {table.name} is no query.")
    return scope


@cache
def _origins(scope: Scope, column: str) -> Origins:
    """Return the inputs' columns of which a column of a query is made."""
    query = scope.expression
    if not isinstance(query, exp.Query):
        return frozenset()  # what is unnested is read by name elsewhere in the same query
    if isinstance(query, exp.SetOperation):
        position = query.named_selects.index(column)
        parts = [(part, part.expression) for part in scope.set_operation_scopes]
        return frozenset().union(
            *(_origins(part, of.named_selects[position]) for part, of in parts if isinstance(of, exp.Query))
        )
    selected = next(item for item in query.selects if item.alias_or_name == column)
    return frozenset().union(*(_of(scope, read) for read in _values(selected)))


def _values(selected: exp.Expr) -> Iterator[exp.Column]:
    windows = list(selected.find_all(exp.Window))
    orders = [window.args.get("order") for window in windows]
    partitions = [part for window in windows for part in window.args.get("partition_by") or []]
    chosen_by = {id(column) for part in (*orders, *partitions) if part for column in part.find_all(exp.Column)}
    return (column for column in selected.find_all(exp.Column) if id(column) not in chosen_by)


def _of(scope: Scope, read: exp.Column) -> Origins:
    """Return the inputs' columns of a column that a query reads, in itself or in a query inside it."""
    for candidate in _inside(scope):
        source = candidate.sources.get(read.table)
        if isinstance(source, Scope):
            return _origins(source, read.name)
        if isinstance(source, exp.Table):
            return frozenset({(source.name, read.name)})
    return frozenset()


def _inside(scope: Scope) -> Iterator[Scope]:
    yield scope
    for inner in scope.subquery_scopes:
        yield from _inside(inner)


def docs() -> str:
    """Return dbt's doc blocks, one per bronze table: its columns and of what they are made."""
    blocks = [
        "<!-- Written by `make docs` from include/landing: of which columns of connectors bronze is made. -->",
        *(_block(landing.connector, table) for landing in load_landings().values() for table in landing.tables),
    ]
    return "\n\n".join(blocks) + "\n"


def _block(connector: str, table: LandedTable) -> str:
    made_of = connector_columns(table)
    lines = [
        f"| `{column}` | {', '.join(f'`{name}`' for name in made_of[column]) or 'counted or set by SQL'} |"
        if column in made_of
        else f"| `{column}` | none: {table.absent[column]} |"
        for column in table.columns
        if column != CONNECTION
    ]
    head = ["| column | connector's columns, `" + connector + "` |", "|---|---|"]
    return "\n".join([f"{{% docs landing_{table.name} %}}", *head, *lines, "{% enddocs %}"])


if __name__ == "__main__":
    DOCS_FILE.write_text(docs())
