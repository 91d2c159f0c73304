"""Situations that users of comparable systems reported, each with its right answer: ``cases/cases.yml``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import DbtWarehouse

FOLDER = Path(__file__).parent / "cases"
STORIES: dict[str, list[dict[str, Any]]] = yaml.safe_load((FOLDER / "cases.yml").read_text())
LANDINGS = {
    "one_landing": ["one_landing"],
    "change": ["change_1", "change_2", "change_3", "change_4"],
    "two_days": ["two_days_1", "two_days_2"],
}
DATASETS = {layer: definition.dataset for layer, definition in settings.layers.items()}
Answers = dict[str, list[dict[str, Any]]]


def _landed(rows: dict[str, list[dict[str, Any]]]) -> tuple[date, date]:
    days = sorted(row["_fivetran_synced"][:10] for table in rows.values() for row in table)
    return date.fromisoformat(days[0]), date.fromisoformat(days[-1])


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _ask(warehouse: DbtWarehouse, cases: Sequence[dict[str, Any]], start: date, end: date) -> Answers:
    tests = [case["test"] for case in cases if "test" in case]
    queries = {}
    if tests:
        compiled = warehouse.compiled(*tests, start=start, end=end)
        queries = {name: f"{sql} order by 1, 2" for name, sql in compiled.items()}
    return {
        case["case"]: [
            {column: _plain(value) for column, value in row.items()}
            for row in warehouse.query(queries[case["test"]] if "test" in case else case["sql"].format(**DATASETS))
        ]
        for case in cases
    }


def _build(story: str, warehouse: DbtWarehouse) -> Answers:
    for layer in ("bronze", "ops", "secrets", "silver", "gold"):
        warehouse.create_layer(layer)
    answers: Answers = {}
    for landing in LANDINGS[story]:
        rows = json.loads((FOLDER / f"{landing}.json").read_text())
        for table, lines in rows.items():
            if lines:
                warehouse.insert(table, lines)
        start, end = _landed(rows)
        warehouse.build_models(start=start, end=end)
        cases = [case for case in STORIES[story] if case.get("after", LANDINGS[story][-1]) == landing]
        answers |= _ask(warehouse, cases, start, end)
    return answers


@pytest.fixture(scope="module")
def answers(dbt_warehouse: Callable[[str], DbtWarehouse]) -> Callable[[str], Answers]:
    """Return a function that builds a story once, and returns the answers to its cases."""
    built: dict[str, Answers | Exception] = {}

    def answer(story: str) -> Answers:
        if story not in built:
            try:
                built[story] = _build(story, dbt_warehouse(f"cases-{story.replace('_', '-')}"))
            except Exception as error:
                built[story] = error  # not built again for each of its cases
        result = built[story]
        if isinstance(result, Exception):
            raise result
        return result

    return answer


@pytest.mark.parametrize(
    ("story", "case"),
    [pytest.param(story, case, id=f"{story}: {case['case']}") for story, cases in STORIES.items() for case in cases],
)
def test_the_answer_is_right(answers: Callable[[str], Answers], story: str, case: dict[str, Any]) -> None:
    expected = [{column: _plain(value) for column, value in row.items()} for row in case["rows"]]
    assert answers(story)[case["case"]] == expected, f"{case['source']}\n{case.get('sql') or case['test']}"
