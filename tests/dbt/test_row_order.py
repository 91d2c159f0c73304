"""No model depends on the order in which its inputs' rows are read, which a warehouse never promises.

A rerun of a day must give the same rows to the bit. What breaks that are sums of floats, whose last digits depend on
the order of the terms, and choices among rows that tie. So every model's query runs twice: on the tables as they
were built, and on copies of them with their rows in another order.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from include.warehouse.settings import DBT_DIR, settings
from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, DbtWarehouse

AS_BUILT, SHUFFLED = "rows-as-built", "rows-shuffled"
# Views are read through the models that select from them; ephemeral models are part of these.
MODELS = sorted(path.stem for path in (DBT_DIR / "models").rglob("*.sql"))


@pytest.fixture(scope="module")
def compiled(dbt_warehouse: Callable[[str], DbtWarehouse], sample_days: Path) -> dict[str, str]:
    """Build all models, copy every table with its rows shuffled, and return the models' queries."""
    built, shuffled = dbt_warehouse(AS_BUILT), dbt_warehouse(SHUFFLED)
    for layer in ("silver", "gold"):
        built.create_layer(layer)
    built.land(sample_days, FIRST_DAY, LAST_DAY)
    no_tests = ("--exclude-resource-type", "test", "unit_test")
    built.dbt("build", *no_tests, start=FIRST_DAY, end=LAST_DAY)
    built.dbt("compile", start=FIRST_DAY, end=LAST_DAY)
    for layer in ("bronze", "intermediate", "silver", "gold"):
        dataset = settings.layers[layer].dataset
        for table in built.client.list_tables(dataset):
            name = f"{dataset}.{table.table_id}"
            shuffled.query(
                f"create or replace table `{SHUFFLED}.{name}` as select * from `{AS_BUILT}.{name}` as t "  # noqa: S608
                "order by md5(to_json_string(t))"
            )
    manifest = json.loads((built.work / "target" / "manifest.json").read_text())
    return {
        node["name"]: node["compiled_code"] for node in manifest["nodes"].values() if node["resource_type"] == "model"
    }


@pytest.mark.parametrize("model", MODELS)
def test_rows_do_not_depend_on_the_order_of_the_inputs(
    dbt_warehouse: Callable[[str], DbtWarehouse], compiled: dict[str, str], model: str
) -> None:
    sql = compiled[model]
    client = DbtWarehouse(AS_BUILT, "", Path()).client
    rows = [
        sorted(repr(tuple(row.values())) for row in client.query_and_wait(query))
        for query in (sql, sql.replace(f"`{AS_BUILT}`.", f"`{SHUFFLED}`."))
    ]
    assert rows[0] == rows[1]
