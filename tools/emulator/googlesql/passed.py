"""What a job that passed the gate does: what it makes of tables, and what it answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from googlesql.changes import Changes, written_tables
from googlesql.script import Script
from googlesql.tree import function_name, get, kind, leaf, walk
from googlesql.types import type_text
from googlesql.values import can_show
from googlesql.verdicts import changes_as_text, changes_of_text

if TYPE_CHECKING:
    from google.protobuf.message import Message

# What makes a result depend on more than the query's text, and what this build of the reference engine cannot do: it
# has no tables of Unicode's normal forms, no approximations and no functions that `language` adds.
VARIES = {
    *("current_date", "current_datetime", "current_time", "current_timestamp"),
    *("generate_uuid", "rand", "session_user", "error"),
    *("normalize", "normalize_and_casefold"),
    *("approx_count_distinct", "approx_quantiles", "approx_top_count", "approx_top_sum"),
    *("max_by", "min_by", "contains_substr"),
}
CALLS = {"ResolvedFunctionCall", "ResolvedAggregateFunctionCall", "ResolvedAnalyticFunctionCall"}
READS = {"ResolvedTableScan", "ResolvedParameter", "ResolvedSystemVariable", "ResolvedConstant"}


@dataclass(frozen=True)
class Passed:
    """What a job that passed does.

    :param changes: what it makes of tables.
    :param writes: tables that it writes rows to.
    :param kinds: the kind of each statement, such as ``ResolvedQueryStmt``.
    :param columns: type as text by column of the last query's result.
    :param constant: whether it is one query that reads no table and has the same result at any time.
    :param ordered: whether the last query's rows come in an order.
    """

    changes: Changes
    writes: tuple[str, ...]
    kinds: tuple[str, ...]
    columns: dict[str, str]
    constant: bool
    ordered: bool

    def as_text(self) -> str:
        """Return it as JSON: what ``passed_of_text`` reads."""
        return json.dumps({**vars(self), "changes": changes_as_text(self.changes)})


def passed_of_text(text: str) -> Passed:
    """Return what ``Passed.as_text`` wrote."""
    facts = json.loads(text)
    lists = {name: tuple(facts[name]) for name in ("writes", "kinds")}
    return Passed(**{**facts, **lists, "changes": changes_of_text(facts["changes"])})


def passed_by(script: Script) -> Passed:
    """Return what a script does that has been checked.

    :param script: after ``check``.
    """
    queries = [statement for statement in script.resolved if kind(statement) == "ResolvedQueryStmt"]
    columns = get(queries[-1], "output_column_list") if queries else ()
    return Passed(
        script.changes,
        tuple(written_tables(script.resolved)),
        tuple(kind(statement) for statement in script.resolved),
        {column.name: type_text(column.column.type) for column in columns},
        constant=len(script.resolved) == len(queries) == 1 and _is_constant(queries[0]),
        ordered=bool(queries) and get(leaf(get(queries[-1], "query")), "is_ordered"),
    )


def _is_constant(query: Message) -> bool:
    nodes = [node for node, _ in walk(query)]
    calls = (function_name(node).lower() for node in nodes if kind(node) in CALLS)
    varies = not VARIES.isdisjoint(calls) or any(kind(node) in READS for node in nodes)
    return not varies and all(can_show(column.column.type) for column in get(query, "output_column_list"))
