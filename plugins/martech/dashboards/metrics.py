"""What each figure means and which query has it: read from dbt's manifest, where ``models/metrics`` declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


class MetricError(ValueError):
    """A metric cannot be shown; the message names it and the remedy."""


@dataclass(frozen=True)
class Metric:
    """A figure.

    :param name: name in dbt, and its column in a query's answer.
    :param label: what people call it.
    :param description: what it means.
    :param owner: who answers for it.
    :param unit: ``money``, ``count``, ``share``, ``ratio`` or ``number``: how it is written.
    :param good: ``up``, ``down`` or ``none``: which direction is good.
    :param kind: how rows are made one: ``sum`` or ``ratio``.
    :param table: table of gold that it is measured of.
    :param formula: how it is computed, for the page of definitions.
    :param numerator: name of the metric above the line, of a ratio.
    :param denominator: name of the metric below the line, of a ratio.
    """

    name: str
    label: str
    description: str
    owner: str
    unit: str
    good: str
    kind: str
    table: str
    formula: str
    numerator: str | None = None
    denominator: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what a page's script reads."""
        return asdict(self)


def metrics_of(manifest: Mapping[str, Any]) -> dict[str, Metric]:
    """Return the metrics by name.

    :param manifest: dbt's manifest.
    :raises MetricError: for a type that a page cannot add up, or one that lacks its ``meta``.
    """
    measures = {
        measure["name"]: (model["node_relation"]["alias"], measure)
        for model in manifest["semantic_models"].values()
        for measure in model["measures"]
    }
    nodes = {node["name"]: node for node in manifest["metrics"].values()}
    found = {name: _simple(node, measures) for name, node in nodes.items() if node["type"] == "simple"}
    for name, node in nodes.items():
        if node["type"] == "ratio":
            above, below = (node["type_params"][part]["name"] for part in ("numerator", "denominator"))
            formula = f"{found[above].label} ÷ {found[below].label}"
            found[name] = Metric(
                **_said(node),
                kind="ratio",
                table=found[above].table,
                formula=formula,
                numerator=above,
                denominator=below,
            )
        elif node["type"] != "simple":
            raise MetricError(f"Metric {name} is {node['type']}: pages show simple metrics and ratios of them.")
    return {name: found[name] for name in nodes}


def single_values(model: Mapping[str, Any]) -> dict[str, str]:
    """Return the value by dimension, of those of which a figure is of one value at a time (``meta.one``).

    :param model: a semantic model of dbt's manifest.
    """
    meta = {each["name"]: (each["config"] or {}).get("meta", {}) for each in model["dimensions"]}
    return {name: said["one"] for name, said in meta.items() if "one" in said}


def _said(node: Mapping[str, Any]) -> dict[str, str]:
    meta = node["config"]["meta"]
    if missing := [key for key in ("owner", "unit", "good") if key not in meta]:
        raise MetricError(f"Metric {node['name']} lacks {', '.join(missing)}: write config.meta in models/metrics.")
    return {
        "name": node["name"],
        "label": node["label"],
        "description": node["description"],
        **{key: meta[key] for key in ("owner", "unit", "good")},
    }


def _simple(node: Mapping[str, Any], measures: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Metric:
    table, measure = measures[node["type_params"]["measure"]["name"]]
    if measure["agg"] != "sum":
        raise MetricError(
            f"Metric {node['name']} is a {measure['agg']}: pages add sums up, so make it a ratio of sums."
        )
    formula = f"sum({measure['expr'] or measure['name']})"
    return Metric(**_said(node), kind="sum", table=table, formula=formula)
