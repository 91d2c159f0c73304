"""The report says what is wrong, in one file that needs nothing else; the gate fails with the fixes."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from martech.alerts.messages import Alert
from martech.days.chain import Chain, DayState, State, Step
from martech.dbt.artifacts import NodeResult
from martech.quality.client import QualityClient
from martech.quality.healing import Rebuild
from martech.quality.operators import ReportFailuresOperator, ScoreTablesOperator, WriteReportOperator
from martech.quality.report import ReportData, render_report
from martech.quality.scores import Score
from martech.reports.charts import Point, line_chart

from tests.quality.conftest import DAY, PROJECT, Shop, result

WHERE = {"project_id": PROJECT, "location": "US"}
RESULTS = [
    result(check="schema", passed=True),
    result(check="volume", value=20.0, low=76.0, high=164.0, message="too <few> rows", severity="warning"),
    result(check="null_rate", column="customer_id", message="too many nulls. Look at the source."),
    result(check="freshness", passed=True, value=4.0, high=24.0),
    result(check="drift", column="channel", passed=None, message="too young"),
    result(layer="gold", table="marts.executive_kpis", check="schema", passed=True),
]


def page(**facts: Any) -> str:
    data = {
        "first": DAY,
        "day": DAY,
        "run_id": "run 1",
        "results": RESULTS,
        "scores": {
            ("silver", None): {DAY: Score("silver", None, 71.4, 4, 1, 1)},
            ("silver", "staging.unified_sessions"): {DAY: Score("silver", "staging.unified_sessions", 71.4, 4, 1, 1)},
        },
        "volumes": {"staging.unified_sessions": {DAY: RESULTS[1]}},
        "rebuilds": [Rebuild("silver", DAY, "staging.unified_sessions: 0 rows")],
        "dbt": {},
        "open_days": [],
        "history": ("p.ops.quality_checks", "p.ops.quality_scores", "p.ops.dbt_results"),
    }
    return render_report(ReportData(**{**data, **facts}))


def test_page_says_what_failed_with_the_fix_errors_first() -> None:
    text = page()
    assert text.index("too many nulls. Look at the source.") < text.index("too &lt;few&gt; rows")
    assert "1 failed" in text
    assert "1 warned" in text
    assert "71.4" in text
    assert "4.0 of 24 h" in text
    assert "staging.unified_sessions: 0 rows" in text
    assert "history in p.ops.quality_checks, p.ops.quality_scores, p.ops.dbt_results" in text


def test_page_says_which_days_wait_for_what() -> None:
    waiting = {"build_silver": DayState(State.WAITING, ("ingest_zendesk",)), "ingest_zendesk": DayState(State.READY)}
    text = page(open_days=[(DAY, waiting)])
    assert re.search(r"<td>build_silver</td><td[^>]*>waits ingest_zendesk</td>", text)
    assert "Days that wait" not in page()


def test_page_needs_no_network_and_no_script() -> None:
    text = page()
    assert "<script" not in text
    assert not re.findall(r"(?:src|href)\s*=|url\(|@import", text)


def test_good_day() -> None:
    text = page(results=[r for r in RESULTS if r.passed], rebuilds=[])
    assert "nothing failed" in text
    assert "What is being rebuilt" not in text


def built(kind: str, name: str, status: str, seconds: float, failures: int | None = None) -> NodeResult:
    return NodeResult("2026-11-24T01:00:00Z", f"{kind}.marketing.{name}", kind, name, name, status, seconds, failures)


def test_page_tells_what_dbt_built_and_which_tests_warn() -> None:
    assert "What dbt built" not in page()
    results = [
        *(built("model", f"model_{number}", "success", 60.0 - number) for number in range(7)),
        built("test", "orders_are_paid", "warn", 2.0, failures=31),
        built("test", "ids_are_unique", "pass", 1.0, failures=0),
    ]
    text = page(dbt={"build_silver": results})
    section = text[text.index("What dbt built") : text.index("Rows by day")]
    assert "7 in 402 s" in section
    assert re.search(r">warn</span>\s*<code>orders_are_paid</code>: 31 rows", section)
    assert "ids_are_unique" not in section
    assert "model_4" in section, "the five slowest"
    assert "model_5" not in section


def test_first_day_without_history() -> None:
    assert "No history yet" in page(scores={}, volumes={})


def points(svg: str, name: str) -> list[tuple[float, float]]:
    """Return the corners of the first line or band of a chart."""
    found = next(part for part in ElementTree.fromstring(svg).iter() if part.get("class") == name)  # noqa: S314
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in (found.get("points") or "").split())]


def test_chart_draws_values_upwards_and_the_band_around_them() -> None:
    days = [DAY - timedelta(days=ago) for ago in (2, 1, 0)]
    chart = line_chart([Point(day, value, 50, 150) for day, value in zip(days, (100, 50, 200), strict=True)], label="a")
    (x0, y0), (x1, y1), (x2, y2) = points(chart, "line")
    assert x0 < x1 < x2
    assert y2 < y0 < y1, "more is higher up"
    band = points(chart, "band")
    assert min(y for _, y in band) < y0 < max(y for _, y in band)


def test_band_does_not_bridge_days_that_were_not_judged() -> None:
    days = [DAY - timedelta(days=ago) for ago in (3, 2, 1, 0)]
    known = [Point(day, 10, *((5, 15) if day != days[2] else (None, None))) for day in days]
    assert line_chart(known, label="a").count('class="band"') == 2


def test_the_last_build_of_a_day_counts(empty_shop: Shop, quality: QualityClient) -> None:
    table = empty_shop.table("dbt_results")
    day, next_day = DAY.isoformat(), (DAY + timedelta(days=1)).isoformat()
    row = {"dag_id": "build_silver", "task_id": "build_tables", "run_id": "run 1", "first_day": day, "last_day": day}
    first, again = built("test", "a", "fail", 2.0, failures=3), built("test", "a", "pass", 1.0, failures=0)
    slow, other_day = built("model", "b", "success", 9.0), built("test", "a", "fail", 1.0, failures=9)
    rows = [
        row | first.as_row(),
        row | again.as_row() | {"finished_at": "2026-11-24T02:00:00Z"},
        row | slow.as_row(),
        row | other_day.as_row() | {"finished_at": "2026-11-25T02:00:00Z", "first_day": next_day, "last_day": next_day},
    ]
    quality.append_rows(table, rows)
    (results,) = quality.dbt_results(table, DAY).values()
    assert [(result.node_name, result.status, result.failures) for result in results] == [
        ("b", "success", None),
        ("a", "pass", 0),
    ]


# ── the operators ───────────────────────────────────────────────────────────────────────────────────


def test_scores_and_report_of_a_run(
    empty_shop: Shop, quality: QualityClient, context: dict[str, Any], tmp_path: Path
) -> None:
    tables = {
        "results_table": empty_shop.table("quality_checks"),
        "scores_table": empty_shop.table("quality_scores"),
    }
    with pytest.raises(AirflowException, match="has no results of run run 1: clear check_tables first"):
        ScoreTablesOperator(task_id="s", days=[DAY], load_weights=dict, **tables, **WHERE).execute(context)
    quality.keep_results(tables["results_table"], RESULTS, "run 1")
    weights = {"error": 3.0, "warning": 1.0}
    scores = ScoreTablesOperator(task_id="s", days=[DAY], load_weights=lambda: weights, **tables, **WHERE).execute(
        context
    )
    assert scores == {"silver": 60.0, "gold": 100.0}
    write = WriteReportOperator(
        task_id="w",
        days=[DAY],
        report_uri=(tmp_path / "reports").as_uri(),
        healing_table=empty_shop.table("quality_healing"),
        dbt_table=empty_shop.table("dbt_results"),
        load_chain=lambda: Chain([Step("create_warehouse")], keep_days=90, most_days=31),
        day_log=empty_shop.table("day_log"),
        **tables,
        **WHERE,
    )
    for _ in range(2):  # a later run of the day replaces the report
        write.execute(context)
    (file,) = (tmp_path / "reports").iterdir()
    assert file.name == "quality-2026-11-23.html"
    assert ">60</text>" in file.read_text()
    assert "too many nulls" in file.read_text()


def gate(shop: Shop, context: dict[str, Any]) -> list[Alert]:
    told: list[Alert] = []
    ReportFailuresOperator(
        task_id="report_failures",
        results_table=shop.table("quality_checks"),
        alert=lambda alert, _: told.append(alert),
        **WHERE,
    ).execute(context)
    return told


def test_errors_fail_the_run_without_another_try(
    empty_shop: Shop, quality: QualityClient, context: dict[str, Any]
) -> None:
    quality.keep_results(empty_shop.table("quality_checks"), RESULTS, "run 1")
    with pytest.raises(AirflowFailException) as error:
        gate(empty_shop, context)
    assert str(error.value) == "1 quality checks failed:\nnull_rate: too many nulls. Look at the source."


def test_warnings_are_told(empty_shop: Shop, quality: QualityClient, context: dict[str, Any]) -> None:
    quality.keep_results(empty_shop.table("quality_checks"), [RESULTS[0], RESULTS[1]], "run 1")
    (alert,) = gate(empty_shop, context)
    assert (alert.title, alert.severity) == ("1 quality warning", "warning")
    assert alert.reason == "volume: too <few> rows"


def test_good_run_is_silent(empty_shop: Shop, quality: QualityClient, context: dict[str, Any]) -> None:
    quality.keep_results(empty_shop.table("quality_checks"), [RESULTS[0], RESULTS[4]], "run 1")
    assert gate(empty_shop, context) == []
