"""What steps that write pages of gold's metrics are given in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from include.dashboards.declared_targets import load_targets
from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import SQL_DIR
from tests.dbt.dbt_warehouse import DbtWarehouse
from tests.dbt_project import parsed_project


def page_arguments(warehouse: DbtWarehouse, folder: Path) -> dict[str, Any]:
    """Return an operator's arguments: where gold is, its metrics, and the folder of the pages.

    :param warehouse: the warehouse.
    :param folder: the folder.
    """
    return {
        "project_id": warehouse.project,
        "location": "US",
        "load_manifest": lambda: load_manifest(parsed_project()[1]),
        "load_targets": load_targets,
        "sql_folder": SQL_DIR / "metrics",
        "sql_context": warehouse.sql_context,
        "report_uri": folder.as_uri(),
        "currency": "USD",
    }
