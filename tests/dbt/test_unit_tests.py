"""dbt's unit tests, which stand beside the models: each hard rule on rows written by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from include.warehouse.manifest import load_manifest
from tests.dbt.dbt_warehouse import DbtWarehouse

DAY = date(2026, 11, 20)


def test_every_unit_test_passes(dbt_warehouse: Callable[[str], DbtWarehouse]) -> None:
    warehouse = dbt_warehouse("dbt-unit-tests")
    # dbt takes the columns of what a unit test is given from the tables, which may be empty.
    warehouse.build_models("--empty", start=DAY, end=DAY)
    said = warehouse.dbt("test", "--select", "test_type:unit", start=DAY, end=DAY)
    written = len(load_manifest(warehouse.work / "target" / "manifest.json")["unit_tests"])
    assert f"PASS={written} WARN=0 ERROR=0 SKIP=0" in said
