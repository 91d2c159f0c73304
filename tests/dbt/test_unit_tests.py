"""dbt's unit tests, which stand beside the models: each hard rule on rows written by hand."""

from __future__ import annotations

from include.warehouse.manifest import load_manifest
from tests.dbt.dbt_warehouse import LAST_DAY, DbtWarehouse


def test_every_unit_test_passes(sample_warehouse: DbtWarehouse) -> None:
    # dbt takes the columns of what a unit test is given from the tables.
    said = sample_warehouse.dbt("test", "--select", "test_type:unit", start=LAST_DAY, end=LAST_DAY)
    written = len(load_manifest(sample_warehouse.work / "target" / "manifest.json")["unit_tests"])
    assert f"PASS={written} WARN=0 ERROR=0 SKIP=0" in said
