"""What a BI tool must know of gold: tables, columns, ways to cut them, and metrics. Read from dbt's manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from martech.dashboards.metrics import Metric, metrics_of, single_values

LAYER = "gold"
GROUPED = re.compile(r"^(?P<kind>TimeDimension|Dimension)\('(?:\w+__)?(?P<name>\w+)'")
NUMBERS = ("int64", "float64", "numeric")
# Neither tool has a column for them.
NESTED = ("array", "struct")


@dataclass(frozen=True)
class Column:
    """A column of a table, or something computed of its rows.

    :param name: its name.
    :param type: its type in GoogleSQL, in lower case and without parameters.
    :param description: what it means.
    :param is_personal: whether it says something of a person.
    :param sql: what it is computed of; None for a column.
    """

    name: str
    type: str
    description: str
    is_personal: bool = False
    sql: str | None = None


@dataclass(frozen=True)
class Measure:
    """A metric, on the table of which it is measured.

    :param metric: what it is.
    :param sql: what is added up of each row; None for a ratio.
    """

    metric: Metric
    sql: str | None


@dataclass(frozen=True)
class Table:
    """A table of gold.

    :param name: its name.
    :param description: what it holds.
    :param columns: its columns, and how else it may be cut; nested ones are left out.
    :param measures: the metrics that are measured of it.
    :param day: the column of its partitions or, of a view, of its days; None where it has none.
    :param is_daily: whether it has a partition for each day.
    :param needs_days: whether a query must name days.
    :param one_of: columns of which a figure is of one value only, with that which counts where nobody asks for another.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    measures: tuple[Measure, ...]
    day: str | None
    is_daily: bool
    needs_days: bool
    one_of: Mapping[str, str]

    @property
    def title(self) -> str:
        """Its name as people read it."""
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Query:
    """A saved query: metrics of one table, and by what they are cut.

    :param name: its name.
    :param table: the table.
    :param metrics: names of its metrics, and of the ratios of them.
    :param by: names of the columns that cut it, without the day.
    :param has_days: whether it is cut by time.
    """

    name: str
    table: str
    metrics: tuple[str, ...]
    by: tuple[str, ...]
    has_days: bool


def _kind(data_type: str) -> str:
    return re.split(r"[(<]", data_type.lower(), maxsplit=1)[0].strip()


def _columns(node: Mapping[str, Any]) -> Iterator[Column]:
    for column in node["columns"].values():
        kind = _kind(column["data_type"])
        if kind not in NESTED:
            is_personal = bool(column["config"].get("meta", {}).get("pii"))
            yield Column(column["name"], kind, column["description"].strip(), is_personal)


def _computed(model: Mapping[str, Any] | None, columns: Mapping[str, Column]) -> Iterator[Column]:
    """Yield how a table is cut beside by its columns."""
    for dimension in model["dimensions"] if model else ():
        if dimension["type"] == "categorical" and dimension["name"] not in columns:
            yield Column(dimension["name"], "string", (dimension["description"] or "").strip(), sql=dimension["expr"])


def tables_of(manifest: Mapping[str, Any]) -> list[Table]:
    """Return the tables and views of gold, by name.

    :param manifest: dbt's manifest.
    """
    semantics = {model["node_relation"]["alias"]: model for model in manifest["semantic_models"].values()}
    rows = {m["name"]: m["expr"] or m["name"] for model in semantics.values() for m in model["measures"]}
    nodes = {node["name"]: node for node in manifest["metrics"].values()}
    metrics = metrics_of(manifest)

    def measures(name: str) -> Iterator[Measure]:
        for metric in metrics.values():
            if metric.table == name:
                is_sum = metric.kind == "sum"
                yield Measure(metric, rows[nodes[metric.name]["type_params"]["measure"]["name"]] if is_sum else None)

    found = []
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or LAYER not in node["fqn"]:
            continue
        name, model = node["alias"], semantics.get(node["alias"])
        columns = {column.name: column for column in _columns(node)}
        partition = node["config"].get("partition_by") or {}
        day = partition.get("field") or next(
            (column.name for column in columns.values() if column.type == "date"), None
        )
        found.append(
            Table(
                name=name,
                description=node["description"].strip(),
                columns=(*columns.values(), *_computed(model, columns)),
                measures=tuple(measures(name)),
                day=day,
                is_daily=day is not None and partition.get("granularity", "day") == "day",
                one_of=single_values(model) if model else {},
                needs_days=bool(node["config"].get("require_partition_filter")),
            )
        )
    return sorted(found, key=lambda table: table.name)


def queries_of(manifest: Mapping[str, Any]) -> dict[str, Query]:
    """Return the saved queries by name.

    :param manifest: dbt's manifest.
    """
    metrics = metrics_of(manifest)
    found = {}
    for saved in manifest["saved_queries"].values():
        asked = saved["query_params"]["metrics"]
        ratios = [m.name for m in metrics.values() if m.numerator in asked and m.denominator in asked]
        cuts = [match for text in saved["query_params"]["group_by"] if (match := GROUPED.match(text))]
        found[saved["name"]] = Query(
            name=saved["name"],
            table=metrics[asked[0]].table,
            metrics=(*asked, *ratios),
            by=tuple(cut["name"] for cut in cuts if cut["kind"] == "Dimension"),
            has_days=any(cut["kind"] == "TimeDimension" for cut in cuts),
        )
    return found
