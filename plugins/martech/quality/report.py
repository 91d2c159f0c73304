"""The report of a day as one HTML page: no script, no network, opens in any browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from martech.days.chain import DayState
from martech.dbt.artifacts import NOTABLE, NodeResult
from martech.quality.healing import Rebuild
from martech.quality.results import QualityResult, failures_of
from martech.quality.scores import Score
from martech.quality.tables import CHECKS
from martech.reports.charts import Point, grade, line_chart, meter, ring
from martech.reports.templates import templates_of

TEMPLATES = templates_of(Path(__file__).parent)
LAYERS = ("bronze", "silver", "gold")
WORST = ("error", "warning", "ok", "unknown")
SLOWEST = 5


@dataclass(frozen=True)
class ReportData:
    """What the report shows.

    :param first: first data day of the run.
    :param day: its newest data day.
    :param run_id: the run.
    :param results: everything it found.
    :param scores: scores by (layer, table) and day; the table of a layer's own score is None.
    :param volumes: volume results by table and day.
    :param rebuilds: rebuilds that the run asked for.
    :param dbt: what dbt built last for the day, by DAG, the slowest first.
    :param history: tables that keep all of it, that of the results first.
    :param open_days: days with which a step of the chain is not done, and how far these steps are.
    """

    first: date
    day: date
    run_id: str
    results: Sequence[QualityResult]
    scores: Mapping[tuple[str, str | None], Mapping[date, Score]]
    volumes: Mapping[str, Mapping[date, QualityResult]]
    rebuilds: Sequence[Rebuild]
    dbt: Mapping[str, Sequence[NodeResult]]
    history: tuple[str, ...]
    open_days: Sequence[tuple[date, Mapping[str, DayState]]]


@dataclass(frozen=True)
class TableLine:
    """A table's line in the overview.

    :param name: ``dataset.table``.
    :param score: its score of the day.
    :param states: ok, warning, error, unknown or none by check.
    :param notes: what the cell's tooltip says, by check.
    :param freshness: the newest freshness result; None where there is none.
    """

    name: str
    score: Score | None
    states: Mapping[str, str]
    notes: Mapping[str, str]
    freshness: QualityResult | None


def result_state(result: QualityResult) -> str:
    """Return how a result looks: ok, warning, error, or unknown where it was not decided."""
    if result.passed is None:
        return "unknown"
    return "ok" if result.passed else "error" if result.is_blocking else "warning"


def _line(data: ReportData, layer: str, table: str) -> TableLine:
    states, notes = {}, {}
    found = [result for result in data.results if result.table == table]
    for check in CHECKS:
        of_check = [result for result in found if result.check == check]
        known = sorted((result_state(result) for result in of_check), key=WORST.index)
        states[check] = known[0] if known else "none"
        failed = [result.message for result in of_check if result.is_failed]
        notes[check] = "\n".join(failed[:5]) or (of_check[-1].message if of_check else f"{check} is not checked here")
    fresh = [result for result in found if result.check == "freshness" and result.value is not None]
    return TableLine(
        name=table,
        score=data.scores.get((layer, table), {}).get(data.day),
        states=states,
        notes=notes,
        freshness=max(fresh, key=lambda result: result.day, default=None),
    )


def _volume_chart(table: str, history: Mapping[date, QualityResult]) -> str:
    points = [
        Point(day, result.value or 0.0, result.low, result.high, _dot(result), result.message)
        for day, result in sorted(history.items())
    ]
    return line_chart(points, label=f"Rows of {table} by day")


def _dot(result: QualityResult) -> str:
    state = result_state(result)
    return "ok" if state == "unknown" else state


def _score_chart(layer: str, history: Mapping[date, Score]) -> str:
    points = [
        Point(day, score.score, state=grade(score.score), note=f"{day}: {score.score}")
        for day, score in sorted(history.items())
        if score.score is not None
    ]
    return line_chart(points, label=f"Score of {layer} by day", width=300, height=110, highest=100)


def _build(results: Sequence[NodeResult]) -> dict[str, Any]:
    """Return a DAG's line of what dbt built."""
    models = [result for result in results if result.resource_type != "test"]
    tests = [result for result in results if result.resource_type == "test"]
    return {
        "models": len(models),
        "seconds": sum(result.seconds for result in results),
        "passed": sum(result.status == "pass" for result in tests),
        "notable": [result for result in results if result.status in NOTABLE],
        "slowest": models[:SLOWEST],
    }


def render_report(data: ReportData) -> str:
    """Return the page.

    :param data: what it shows.
    """
    failures = failures_of(data.results)
    layers = []
    for layer in LAYERS:
        tables = sorted({result.table for result in data.results if result.layer == layer})
        history = data.scores.get((layer, None), {})
        layers.append(
            {
                "name": layer,
                "score": history.get(data.day),
                "chart": _score_chart(layer, history),
                "lines": [_line(data, layer, table) for table in tables],
                "volumes": [
                    (table, _volume_chart(table, data.volumes[table])) for table in tables if table in data.volumes
                ],
                "table_scores": {
                    table: line_chart(
                        [
                            Point(day, score.score, state=grade(score.score))
                            for day, score in sorted(data.scores.get((layer, table), {}).items())
                            if score.score is not None
                        ],
                        label=f"Score of {table} by day",
                        highest=100,
                    )
                    for table in tables
                },
            }
        )
    return TEMPLATES.get_template("report.html.j2").render(
        data=data,
        layers=layers,
        checks=CHECKS,
        builds={dag_id: _build(results) for dag_id, results in data.dbt.items()},
        failures=failures,
        errors=sum(failure.first.is_blocking for failure in failures),
        decided=sum(result.passed is not None for result in data.results),
        meter=meter,
        ring=ring,
        grade=grade,
    )
