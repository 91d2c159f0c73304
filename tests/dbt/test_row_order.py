"""No model depends on the order in which its inputs' rows are read, which a warehouse never promises.

A rerun of a day must give the same rows to the bit. What breaks that are sums of floats, whose last digits depend on
the order of the terms, and choices among rows that tie. So every model's query runs twice: on the tables as they
were built, and on copies of them with their rows in another order.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from include.pipeline.settings import DBT_DIR, settings
from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, DbtWarehouse
from tests.embedded import SAMPLE_PROJECT

SHUFFLED = "rows-shuffled"
# Staging leaves out who was erased, and models those who object; identity follows what people have decided, and fits.
READ_OF_PEOPLE = (
    ("secrets", "erasure_salt"),
    ("ops", "suppressed_identities"),
    ("ops", "objections"),
    ("ops", "identity_decisions"),
    ("ops", "identity_fits"),
    ("ops", "identity_fit_weights"),
)
# Ephemeral models are part of those that select from them as well. Clusters come from a script before the query, whose
# tables are gone after it.
MODELS = sorted({path.stem for path in (DBT_DIR / "models").rglob("*.sql")} - {"int_identity__clusters"})


@pytest.fixture(scope="module")
def warehouse(sample_warehouse: DbtWarehouse) -> DbtWarehouse:
    """Copy every table and view of the built sample into a project whose rows are shuffled."""
    shuffled = replace(sample_warehouse, project=SHUFFLED)
    shuffled.create_datasets()
    names = [f"{settings.layers[layer].dataset}.{table}" for layer, table in READ_OF_PEOPLE]
    for layer in ("bronze", "intermediate", "silver", "gold"):
        dataset = settings.layers[layer].dataset
        names += [f"{dataset}.{table.table_id}" for table in sample_warehouse.client.list_tables(dataset)]
    for name in names:
        table = sample_warehouse.client.get_table(f"{SAMPLE_PROJECT}.{name}")
        # Some tables may only be read with a condition on their partitions.
        every_day = f"{table.time_partitioning.field} >= '1970-01-01'" if table.time_partitioning else "true"
        shuffled.query(
            f"create or replace table `{SHUFFLED}.{name}` as select * from `{SAMPLE_PROJECT}.{name}` as t "
            f"where {every_day} order by md5(to_json_string(t))"
        )
    return sample_warehouse


@pytest.fixture(scope="module")
def queries(warehouse: DbtWarehouse) -> dict[str, str]:
    """The SQL of every model as a further run of the last days would run it."""
    return warehouse.compiled(start=FIRST_DAY, end=LAST_DAY)


@pytest.mark.parametrize("model", MODELS)
def test_rows_do_not_depend_on_the_order_of_the_inputs(
    warehouse: DbtWarehouse, queries: dict[str, str], model: str
) -> None:
    as_built = queries[model]
    shuffled = as_built.replace(f"`{SAMPLE_PROJECT}`.", f"`{SHUFFLED}`.")
    assert shuffled != as_built, "the query reads no table of the warehouse"
    assert sorted(map(repr, warehouse.query(shuffled))) == sorted(map(repr, warehouse.query(as_built)))
