"""Thirty descriptions against what the SQL does by example: ``described.yml``."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import MANIFEST

DESCRIBED: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("described.yml").read_text())
PARSED = load_manifest(MANIFEST)
DESCRIPTIONS = {
    f"{node['name']}.{name}": column["description"].strip()
    for node in PARSED["nodes"].values()
    if node["resource_type"] == "model"
    for name, column in node["columns"].items()
}
UNIT_TESTS = {test["name"]: test for test in PARSED["unit_tests"].values()}


def test_thirty_are_read() -> None:
    assert sum(map(len, DESCRIBED.values())) >= 30


@pytest.mark.parametrize(("example", "column"), [(test, name) for test, names in DESCRIBED.items() for name in names])
def test_a_description_is_the_one_that_its_example_was_read_against(example: str, column: str) -> None:
    model, name = column.split(".")
    expected = UNIT_TESTS[example]["expect"]["rows"]
    assert UNIT_TESTS[example]["model"] == model
    values = {str(row[name]) for row in expected if row.get(name) is not None}
    assert values - {"0", "0.0"}, f"{example} gives {column} no value that says anything: extend it."
    assert DESCRIPTIONS[column] == DESCRIBED[example][column].strip(), (
        f"The description of {column} has changed: read {example} against it, then write it into described.yml."
    )
