"""Every model builds and keeps its tests where sources are off, and nothing is expected of what they would fill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from martech.quality.operators import CheckTablesOperator
from martech.quality.tables import QualityTable

from include.pipeline.deadlines import milestones
from include.pipeline.settings import settings
from include.pipeline.sources import load_sources
from include.quality.declared_checks import quality_tables
from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, DbtWarehouse

ALL = set(load_sources())
ON = {
    "only Shopify": {"shopify"},
    "without Shopify": ALL - {"shopify"},
    "without Analytics": ALL - {"ga360", "firebase"},
}
# Column of Customer 360 → the source that it is about.
KNOWN_BY = {
    "in_salesforce": "salesforce",
    "in_shopify": "shopify",
    "in_web": "ga360",
    "in_app": "firebase",
    "in_braze": "braze",
    "in_zendesk": "zendesk",
}


def only(sample: Path, sources: set[str], folder: Path) -> Path:
    """Return a folder with what the sources have landed."""
    for source in sources:
        for table in load_sources()[source].tables:
            (folder / table.name).symlink_to(sample / table.name)
    return folder


@pytest.fixture(scope="module", params=ON)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def built(
    case: str, dbt_warehouse: Callable[[str], DbtWarehouse], sample_days: Path, tmp_path_factory: pytest.TempPathFactory
) -> DbtWarehouse:
    """A project in which dbt has built all models and run all tests, as Airflow does."""
    warehouse = dbt_warehouse(case.lower().replace(" ", "-"))
    for layer in ("ops", "secrets", "silver", "gold"):
        warehouse.create_layer(layer)
    warehouse.land(only(sample_days, ON[case], tmp_path_factory.mktemp("landed")), FIRST_DAY, LAST_DAY)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", start=FIRST_DAY, end=LAST_DAY)
    return warehouse


def test_customer_360_knows_the_sources_that_are_on_and_no_other(built: DbtWarehouse, case: str) -> None:
    counted = ", ".join(f"countif({column}) as {column}" for column in KNOWN_BY)
    (row,) = built.query(
        f"select count(*) as customers, max(source_count) as sources, {counted} from customer_360", "silver"
    )
    assert row["customers"]
    assert {KNOWN_BY[column] for column in KNOWN_BY if row[column]} == ON[case] - {"google_ads"}
    assert 1 <= row["sources"] <= len(ON[case])


def test_the_deadline_is_kept(built: DbtWarehouse, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_SOURCES", ",".join(ON[case]))
    for milestone in milestones():
        if milestone.layer == "bronze":
            continue
        for table in milestone.tables:
            (row,) = built.query(
                f"select count(*) as landed from `{milestone.dataset_id}.{table}` "
                f"where {partition_field(milestone.layer, table)} = date '{LAST_DAY}'"
            )
            assert row["landed"], f"{table} has no rows of {LAST_DAY}: it is no sign where {case}."


def partition_field(layer: str, name: str) -> str:
    return next(str(table.partition_field) for table in quality_tables(layer) if table.name == name)


@pytest.mark.parametrize("layer", ["silver", "gold"])
def test_quality_complains_of_nothing(
    built: DbtWarehouse, case: str, layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETING_SOURCES", ",".join(ON[case]))
    monkeypatch.setattr(CheckTablesOperator, "_today", staticmethod(lambda: LAST_DAY + timedelta(days=1)))

    def tables(of: str) -> list[QualityTable]:
        """Return what is expected in this test's project."""
        return [
            replace(
                table,
                references=tuple(
                    replace(reference, to=reference.to.replace(settings.project_id, built.project))
                    for reference in table.references
                ),
            )
            for table in quality_tables(of)
        ]

    operator = CheckTablesOperator(
        task_id="check_tables",
        project_id=built.project,
        layer=layer,
        load_tables=tables,
        load_raw_tables=lambda: tables("bronze"),
        days=[LAST_DAY],
        results_table=f"{built.project}.{settings.layers['ops'].dataset}.quality_checks",
    )
    task = SimpleNamespace(dag_id="check_quality", task_id="check_tables", run_id="run", try_number=1)
    assert operator.execute({"ti": task, "task_instance": task, "params": {}})["checks"]
    failed = built.query(
        "select message from quality_checks where not passed and severity = 'error' and checked_at is not null",
        "ops",
    )
    assert failed == []
