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
# Ephemeral models are part of those that select from them as well. Clusters come from a script before the query, whose
# tables are gone after it.
MODELS = sorted({path.stem for path in (DBT_DIR / "models").rglob("*.sql")} - {"int_identity__clusters"})


@pytest.fixture(scope="module")
def warehouse(dbt_warehouse: Callable[[str], DbtWarehouse], sample_days: Path) -> DbtWarehouse:
    """Build all models, and copy every table and view into a project whose rows are shuffled."""
    built, shuffled = dbt_warehouse(AS_BUILT), dbt_warehouse(SHUFFLED)
    for layer in ("silver", "gold"):
        built.create_layer(layer)
    built.land(sample_days, FIRST_DAY, LAST_DAY)
    built.build_models(start=FIRST_DAY, end=LAST_DAY)
    for layer in ("bronze", "intermediate", "silver", "gold"):
        dataset = settings.layers[layer].dataset
        for table in built.client.list_tables(dataset):
            name = f"{dataset}.{table.table_id}"
            shuffled.query(
                f"create or replace table `{SHUFFLED}.{name}` as select * from `{AS_BUILT}.{name}` as t "  # noqa: S608
                "order by md5(to_json_string(t))"
            )
    return built


@pytest.fixture(scope="module")
def queries(warehouse: DbtWarehouse) -> dict[str, str]:
    """The SQL of every model as a further run of the last days would run it."""
    warehouse.dbt("compile", start=FIRST_DAY, end=LAST_DAY)
    nodes = json.loads((warehouse.work / "target" / "manifest.json").read_text())["nodes"].values()
    return {node["name"]: node["compiled_code"] for node in nodes if node["resource_type"] == "model"}


@pytest.mark.parametrize("model", MODELS)
def test_rows_do_not_depend_on_the_order_of_the_inputs(
    warehouse: DbtWarehouse, queries: dict[str, str], model: str
) -> None:
    as_built = queries[model]
    shuffled = as_built.replace(f"`{AS_BUILT}`.", f"`{SHUFFLED}`.")
    assert shuffled != as_built, "the query reads no table of the warehouse"
    assert sorted(map(repr, warehouse.query(shuffled))) == sorted(map(repr, warehouse.query(as_built)))
