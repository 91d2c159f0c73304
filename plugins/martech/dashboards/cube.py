"""The answer of a query as a page's script reads it: columns, names once, and no more rows than a page can carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

GRAINS = ("day", "week", "month")
OTHER = "all others"
DECIMALS = 6


@dataclass(frozen=True)
class Cube:
    """Figures by dimensions.

    :param dimensions: names of the dimensions.
    :param metrics: names of the metrics, which can be added up.
    :param rows: values by name.
    """

    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]

    def only(self, values: Mapping[str, str]) -> Cube:
        """Return the cube with only the rows of these values.

        :param values: value by dimension; one that the cube does not have is not asked for.
        """
        asked = {name: value for name, value in values.items() if name in self.dimensions}
        return replace(self, rows=[row for row in self.rows if asked.items() <= row.items()])

    def as_json(self) -> dict[str, Any]:
        """Return columns: of a dimension its names and each row's place among them, of a metric its values."""
        columns: dict[str, Any] = {}
        for name in self.dimensions:
            names = sorted({row[name] for row in self.rows})
            places = {value: place for place, value in enumerate(names)}
            columns[name] = {"names": names, "at": [places[row[name]] for row in self.rows]}
        for name in self.metrics:
            columns[name] = [row[name] for row in self.rows]
        return {"dimensions": self.dimensions, "metrics": self.metrics, "rows": len(self.rows), "columns": columns}


def short_name(column: str) -> str:
    """Return what a page calls a dimension: ``channel`` for ``channel_day__channel``."""
    return column.rpartition("__")[2]


def read_cube(rows: Iterable[Mapping[str, Any]], metrics: Sequence[str]) -> Cube:
    """Return the answer of a query.

    :param rows: rows of MetricFlow's query.
    :param metrics: names of its metrics; every other column is a dimension.
    """
    found: list[dict[str, Any]] = []
    dimensions: tuple[str, ...] = ()
    for row in rows:
        values = {short_name(name): value for name, value in row.items()}
        dimensions = tuple(name for name in values if name not in metrics)
        found.append({name: _plain(values[name], is_metric=name in metrics) for name in values})
    return Cube(dimensions, tuple(metrics), sorted(found, key=lambda row: [row[name] for name in dimensions]))


def _plain(value: Any, *, is_metric: bool) -> Any:
    if is_metric:
        return round(float(value), DECIMALS) if isinstance(value, Decimal | float) else value
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return "unknown" if value is None else str(value)


def keep_largest(cube: Cube, by: str, most: int, metric: str) -> Cube:
    """Return the cube with only the largest values of a dimension; the others become one.

    :param cube: the figures.
    :param by: the dimension.
    :param most: how many of its values stay.
    :param metric: by which they are ordered, the largest first.
    """
    totals: dict[str, float] = {}
    for row in cube.rows:
        totals[row[by]] = totals.get(row[by], 0) + (row[metric] or 0)
    if len(totals) <= most:
        return cube
    kept = set(sorted(totals, key=lambda name: (-totals[name], name))[:most])
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in cube.rows:
        keys = {name: row[name] for name in cube.dimensions}
        if keys[by] not in kept:
            # What is folded keeps its time, so that a range of days stays exact.
            keys = {name: value if name in GRAINS else OTHER for name, value in keys.items()}
        line = merged.setdefault(tuple(keys.values()), {**keys, **dict.fromkeys(cube.metrics, 0)})
        for name in cube.metrics:
            line[name] += row[name] or 0
    return Cube(cube.dimensions, cube.metrics, list(merged.values()))
