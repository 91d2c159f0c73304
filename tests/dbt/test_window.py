"""A new window of days needs no new parse: they reach dbt by the environment, and nothing that it parsed names one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from dbt.contracts.graph.manifest import Manifest

from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, DbtWarehouse
from tests.dbt_project import manifest_of, parsed_project, run_dbt

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def test_nothing_that_dbt_keeps_from_parsing_names_a_day() -> None:
    configs = {node.name: node.config.to_dict() for node in parsed_project()[0].nodes.values()}
    assert any("window_start" in json.dumps(config, default=str) for config in configs.values()), "no template is left"
    dated = {name for name, config in configs.items() if DAY.search(json.dumps(config, default=str))}
    assert dated == set(), "dbt keeps these days of a model's config for every window: write a template that it renders"


@pytest.fixture(scope="module")
def warehouse(dbt_warehouse: Callable[[str], DbtWarehouse]) -> DbtWarehouse:
    """An empty project."""
    return dbt_warehouse("dbt-window")


def compiled(
    warehouse: DbtWarehouse, work: Path, *arguments: str, day: date, manifest: Manifest | None = None
) -> dict[str, str]:
    """Return the SQL of every model and data test by its id.

    :param day: the only day of the environment's window.
    :param manifest: the parsed project; parsed here without it.
    """
    environment = {
        "DBT_TARGET": "local",
        "BIGQUERY_EMULATOR_HOST": warehouse.url,
        "MARKETING_PROJECT_ID": warehouse.project,
        **dict.fromkeys(("MARKETING_START_DATE", "MARKETING_END_DATE"), day.isoformat()),
    }
    done, _ = run_dbt("compile", *arguments, work=work, environment=environment, manifest=manifest)
    return {result.node.unique_id: result.node.compiled_code for result in done.results}


def test_one_parse_serves_every_window(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    first, last = (
        compiled(warehouse, tmp_path, day=day, manifest=manifest_of(warehouse.project)) for day in (FIRST_DAY, LAST_DAY)
    )
    assert len({id_ for id_, sql in first.items() if sql != last[id_]}) > 20, "hardly anything has a window"
    # A var, which dbt parses again for, wins over the environment.
    by_vars = f"{{start_date: '{LAST_DAY}', end_date: '{LAST_DAY}'}}"
    assert last == compiled(warehouse, tmp_path, "--no-partial-parse", "--vars", by_vars, day=FIRST_DAY)


def test_days_are_overwritten_of_the_window_that_is_run(warehouse: DbtWarehouse) -> None:
    model = "stg_google_ads__clicks"
    warehouse.build_models("--select", model, start=FIRST_DAY, end=LAST_DAY)
    for day in (FIRST_DAY, LAST_DAY):
        warehouse.build_models("--select", model, start=day, end=day)
        (written,) = (warehouse.work / "target" / "run").rglob(f"{model}.sql")
        overwritten = re.search(
            r"in \(([^)]*)\)", written.read_text()[written.read_text().index("not matched by source") :]
        )
        late = {str(day - timedelta(days=n)) for n in range(4)}
        assert overwritten
        assert set(DAY.findall(overwritten[1])) == late
