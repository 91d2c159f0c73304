"""dbt's artifacts of an invocation: ``run_results.json`` and the manifest it belongs to.

Source: https://docs.getdbt.com/reference/artifacts/run-results-json, schema version 6.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

# What somebody has to look at.
NOTABLE = ("error", "fail", "runtime error", "warn")


@dataclass(frozen=True)
class NodeResult:
    """What became of one node; a row of ``ops.dbt_results``.

    :param finished_at: when dbt was done with it (ISO 8601, UTC).
    :param node_id: dbt's id.
    :param resource_type: model, seed or test.
    :param node_name: its name.
    :param model_name: the model that was built or tested; None for a test of several.
    :param status: dbt's word.
    :param seconds: time it took.
    :param failures: rows that break the test; None for models, and where it was not run.
    :param query: its compiled SQL; empty where dbt did not get so far.
    """

    finished_at: str
    node_id: str
    resource_type: str
    node_name: str
    model_name: str | None
    status: str
    seconds: float
    failures: int | None
    query: str = field(default="", compare=False)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> NodeResult:
        """Return what :meth:`as_row` has kept.

        :param row: row of ``ops.dbt_results``.
        """
        kept = {column.name: row[column.name] for column in fields(cls) if column.name != "query"}
        return cls(**kept | {"finished_at": row["finished_at"].isoformat()})

    def as_row(self) -> dict[str, Any]:
        """Return what ``ops.dbt_results`` keeps of it, beside the run: all but the query."""
        return {name: value for name, value in asdict(self).items() if name != "query"}


def _model(node: dict[str, Any]) -> str | None:
    if node["resource_type"] != "test":
        return str(node["name"])
    attached: str | None = node.get("attached_node")
    return attached.split(".")[2] if attached else None


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def node_results(target: Path) -> list[NodeResult]:
    """Return what became of every node of an invocation.

    :param target: dbt's target directory.
    :raises FileNotFoundError: where dbt ended before it ran anything.
    """
    run = _load(target / "run_results.json")
    nodes = _load(target / "manifest.json")["nodes"]
    results = []
    for result in run["results"]:
        node = nodes[result["unique_id"]]
        ended = [step["completed_at"] for step in result["timing"] if step["name"] == "execute"]
        results.append(
            NodeResult(
                # What was skipped has no time of its own.
                finished_at=ended[0] if ended else run["metadata"]["generated_at"],
                node_id=result["unique_id"],
                resource_type=node["resource_type"],
                node_name=node["name"],
                model_name=_model(node),
                status=result["status"],
                seconds=result["execution_time"],
                failures=result["failures"] if node["resource_type"] == "test" else None,
                query=(result["compiled_code"] or "").strip(),
            )
        )
    return results
