"""Record what each statement reads, after DuckDB has pushed its filters down to the tables.

For ``make bench``: dry runs report 0 bytes here, but which rows of which table a filter leaves to read is
known to DuckDB's profiler, and which partitions those filters leave is what BigQuery would read and bill.
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
TARGET = re.compile(r"(?:table|into|from|update)\s+\S+\.\"?(\w+)", re.IGNORECASE)


def writer(sql: str) -> str:
    """Return the model or table that a statement writes; empty where it has no name.

    :param sql: the statement as DuckDB gets it.
    """
    found = MODEL.search(sql) or TARGET.search(sql)
    return found[1] if found else ""


def scans(operator: dict[str, Any], filters: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield the scans below an operator of a DuckDB profile, each with the filters right above it.

    :param operator: a node of the profile's tree.
    :param filters: conditions between the operators above and this one.
    """
    kind, facts = operator.get("operator_type"), operator.get("extra_info", {})
    if kind == "TABLE_SCAN" and "Table" in facts:
        pushed = facts.get("Filters", [])
        yield {
            "table": facts["Table"],
            "rows": operator["operator_cardinality"],
            "bytes": operator["result_set_size"],
            "filters": [*filters, *([pushed] if isinstance(pushed, str) else pushed)],
        }
    # A filter counts for the scan below it; any other operator but a projection ends its reach.
    if kind == "FILTER":
        filters = (*filters, str(facts.get("Expression", "")))
    elif kind != "PROJECTION":
        filters = ()
    for child in operator.get("children", []):
        yield from scans(child, filters)


def record_scans(log: Path) -> None:
    """Append a JSON line per scan of every writing statement to ``log``.

    :param log: file that whoever measures may empty at any time.
    """
    plain_execute = DuckDBEngine.execute

    def execute(self: DuckDBEngine, sql: str, parameters: list[Any] | None = None) -> Any:
        if not WRITES.match(sql):
            return plain_execute(self, sql, parameters)
        # A filter that all rows of a short history pass is a filter still.
        self.connection.execute("set disabled_optimizers = 'statistics_propagation'")
        # Left on: what is executed after the statement would take the place of its result.
        self.connection.execute("pragma enable_profiling = 'no_output'")
        self.connection.execute("set profiling_mode = 'detailed'")
        result = plain_execute(self, sql, parameters)
        if profile := self.connection.get_profiling_information():
            found = [{"by": writer(sql), **scan} for scan in scans(json.loads(profile))]
            with log.open("a") as lines:
                lines.writelines(json.dumps(scan) + "\n" for scan in found)
        return result

    DuckDBEngine.execute = execute
