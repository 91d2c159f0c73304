"""Record what each statement reads, after DuckDB has pushed its filters down to the tables.

For ``make bench`` and ``make bill``: dry runs report 0 bytes here, but which rows of which table a filter leaves to
read is known to DuckDB's profiler, and which partitions those filters leave is what BigQuery would read and bill.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bqemulator.storage.engine import DuckDBEngine

# dbt puts a comment in front of every statement, with the model as a label of the job.
WRITES = re.compile(r"(\s|/\*.*?\*/)*(create|insert|merge|delete|update|with)\b", re.IGNORECASE | re.DOTALL)
MODEL = re.compile(r'"dbt-model": "(\w+)"')
READS = re.compile(r"(\s|/\*.*?\*/)*select\b", re.IGNORECASE | re.DOTALL)
TARGET = re.compile(r"(?:table|into|from|update)\s+\S+\.\"?(\w+)", re.IGNORECASE)


def writer(sql: str) -> str:
    """Return the model or table that a statement writes; empty where it has no name.

    :param sql: the statement as DuckDB gets it.
    """
    found = MODEL.search(sql) or TARGET.search(sql)
    return found[1] if found else ""


def _listed(found: str | list[str]) -> list[str]:
    """Return what DuckDB writes as one text where there is one only."""
    return [found] if isinstance(found, str) else found


def scans(operator: dict[str, Any], filters: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield the scans below an operator of a DuckDB profile or plan, each with the filters right above it.

    A plan has not run: its scans have no rows and no bytes.

    :param operator: a node of the tree.
    :param filters: conditions between the operators above and this one.
    """
    kind = operator.get("operator_type") or str(operator.get("name", "")).strip()
    facts = operator.get("extra_info", {})
    if kind in {"TABLE_SCAN", "SEQ_SCAN"} and "Table" in facts:
        yield {
            "table": facts["Table"],
            "rows": operator.get("operator_cardinality", 0),
            "bytes": operator.get("result_set_size", 0),
            "columns": _listed(facts.get("Projections", [])),
            "filters": [*filters, *_listed(facts.get("Filters", []))],
        }
    # A filter counts for the scan below it; any other operator but a projection ends its reach.
    if kind == "FILTER":
        filters = (*filters, str(facts.get("Expression", "")))
    elif kind != "PROJECTION":
        filters = ()
    for child in operator.get("children", []):
        yield from scans(child, filters)


def record_scans(log: Path, *, reads: bool = False) -> None:
    """Append a JSON line per scan of every writing statement to ``log``.

    :param log: file that whoever measures may empty at any time.
    :param reads: whether statements that only read are recorded too, as they are planned.
    """
    plain_execute = DuckDBEngine.execute

    def append(sql: str, operator: dict[str, Any]) -> None:
        found = [{"by": writer(sql), **scan} for scan in scans(operator)]
        with log.open("a") as lines:
            lines.writelines(json.dumps(scan) + "\n" for scan in found)

    def execute(self: DuckDBEngine, sql: str, parameters: list[Any] | None = None) -> Any:
        if reads and READS.match(sql):
            plan = plain_execute(self, f"explain (format json) {sql}", parameters).fetchall()
            for operator in json.loads(plan[0][1]):
                append(sql, operator)
        if not WRITES.match(sql):
            return plain_execute(self, sql, parameters)
        # A filter that all rows of a short history pass is a filter still.
        self.connection.execute("set disabled_optimizers = 'statistics_propagation'")
        # Left on: what is executed after the statement would take the place of its result.
        self.connection.execute("pragma enable_profiling = 'no_output'")
        self.connection.execute("set profiling_mode = 'detailed'")
        result = plain_execute(self, sql, parameters)
        if profile := self.connection.get_profiling_information():
            append(sql, json.loads(profile))
        return result

    DuckDBEngine.execute = execute
