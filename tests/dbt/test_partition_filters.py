"""Tables of events that may only be read with a condition on their partitions, and that everybody of ours has one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.api_core.exceptions import BadRequest

from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import DBT_DIR, settings
from tests.dbt.dbt_warehouse import LAST_DAY, DbtWarehouse
from tests.dbt.test_partition_pruning import READ_WHOLE, partition_fields, read_whole
from tests.embedded import SAMPLE_PROJECT
from tools.local.report import fingerprints

REQUIRED = {
    script.create.table_id: layer
    for layer in ("silver", "gold")
    for script in layer_scripts(layer)
    if script.create.options.get("require_partition_filter")
}


def test_no_model_and_no_test_of_ours_reads_them_whole() -> None:
    assert REQUIRED
    whole = {table for tables in READ_WHOLE.values() for table in tables}
    fields = partition_fields()
    for path in (DBT_DIR / "tests").rglob("*.sql"):
        whole |= read_whole(path.read_text(), fields)
    assert whole & REQUIRED.keys() == set()


@pytest.mark.parametrize("table", REQUIRED)
def test_a_query_without_a_condition_is_refused(sample_warehouse: DbtWarehouse, table: str) -> None:
    with pytest.raises(BadRequest, match=rf"without a filter over column\(s\) '{partition_fields()[table]}'"):
        sample_warehouse.query(f"select count(*) from {table}", REQUIRED[table])


def test_tests_of_their_columns_read_every_partition(sample_warehouse: DbtWarehouse) -> None:
    sample_warehouse.dbt("test", "--select", *REQUIRED, start=LAST_DAY, end=LAST_DAY)
    sample_warehouse.query(
        "update unified_ad_performance set platform = 'carrier pigeon' where performance_date > '1970-01-01'", "silver"
    )
    with pytest.raises(AssertionError, match="accepted_values_unified_ad_performance_platform"):
        sample_warehouse.dbt("test", "--select", *REQUIRED, start=LAST_DAY, end=LAST_DAY)


def test_a_fingerprint_reads_every_table(sample_warehouse: DbtWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.local.report.settings", replace(settings, project_id=SAMPLE_PROJECT))
    prints = fingerprints(sample_warehouse.client)
    for table, layer in REQUIRED.items():
        rows, print_of_rows = prints[f"{layer}.{table}"]
        assert rows
        assert print_of_rows


def test_the_query_of_the_mission_has_a_condition(sample_warehouse: DbtWarehouse) -> None:
    """Any other day than today's is in the sample: the end-to-end tests ask for rows of today."""
    (query,) = (DBT_DIR.parents[1] / "tests" / "e2e" / "acceptance").glob("*_ml_features.sql")
    sql = query.read_text().replace("nexvigilant-marketing-prod", SAMPLE_PROJECT)
    sample_warehouse.query(sql)
    assert sample_warehouse.query(sql.replace("CURRENT_DATE()", f"DATE '{LAST_DAY}'"))
