"""A snapshot of ml_features holds what was known when its day began: what happens later never changes it.

One warehouse has only what landed until the snapshot was final (``late_arrival_days`` after the day before), another
one has everything. Both build the same snapshot from scratch.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import SEED, DbtWarehouse
from tools.sample_sources.generate import generate
from tools.sample_sources.recipe import Recipe

FIRST_DAY = date(2026, 11, 8)
LAST_KNOWN_DAY = date(2026, 11, 12)
SNAPSHOT = LAST_KNOWN_DAY + timedelta(days=1)
FINAL_DAY = LAST_KNOWN_DAY + timedelta(days=int(settings.variables["late_arrival_days"]))
LAST_DAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("point_in_time")
    generate(Recipe(80, FIRST_DAY, LAST_DAY, seed=SEED, difficulty="normal"), directory)
    return directory


def build(warehouse: DbtWarehouse, start: date, end: date) -> None:
    warehouse.build_models("--select", "+ml_features", start=start, end=end)


def snapshot_of(warehouse: DbtWarehouse) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rows of the snapshot by entity."""
    rows = warehouse.query(f"select * from ml_features where snapshot_date = '{SNAPSHOT}'", "gold")
    return {(row["entity_type"], row["entity_id"]): row for row in rows}


def customers_of(warehouse: DbtWarehouse) -> dict[str, str]:
    """Return the customer of each source record."""
    return {row["identity_key"]: row["customer_id"] for row in warehouse.rows("identity_map", "silver")}


@pytest.fixture(scope="module")
def warehouse(dbt_warehouse: Callable[[str], DbtWarehouse], sample: Path) -> DbtWarehouse:
    """All that landed until the snapshot was final."""
    warehouse = dbt_warehouse("features-then")
    warehouse.create_layer("gold")
    warehouse.land(sample, FIRST_DAY, FINAL_DAY)
    build(warehouse, FIRST_DAY, FINAL_DAY)
    return warehouse


def test_a_rebuilt_snapshot_is_the_one_of_its_day_to_the_row(warehouse: DbtWarehouse, sample: Path):
    then, customers_then = snapshot_of(warehouse), customers_of(warehouse)
    assert {entity_type for entity_type, _ in then} == {"customer", "lead"}
    warehouse.land(sample, FINAL_DAY + timedelta(days=1), LAST_DAY)
    build(warehouse, FINAL_DAY + timedelta(days=1), LAST_DAY)
    customers_later = customers_of(warehouse)
    # It would prove little if nobody had turned out to be somebody else since.
    assert any(customers_later.get(key) != customer for key, customer in customers_then.items())
    build(warehouse, LAST_KNOWN_DAY, LAST_KNOWN_DAY)
    rebuilt = snapshot_of(warehouse)
    assert rebuilt.keys() == then.keys()
    differing = {key: (then[key], rebuilt[key]) for key in then if then[key] != rebuilt[key]}
    assert not differing


def test_a_snapshot_built_with_later_data_only_differs_where_identity_was_corrected(
    warehouse: DbtWarehouse, dbt_warehouse: Callable[[str], DbtWarehouse], sample: Path
):
    """Runs last. Events never leak; without a history of links, identity is that of the first run."""
    later = dbt_warehouse("features-later")
    later.create_layer("gold")
    later.land(sample, FIRST_DAY, LAST_DAY)
    build(later, FIRST_DAY, LAST_DAY)
    rows_then, rows_later = snapshot_of(warehouse), snapshot_of(later)
    known = f"select identity_key, customer_id from int_features__links where valid_from < '{SNAPSHOT}'"
    records: list[dict[str, set[str]]] = []
    for side in (warehouse, later):
        members: dict[str, set[str]] = {}
        for row in side.query(
            known + " qualify row_number() over (partition by identity_key order by valid_from desc) = 1"
        ):
            members.setdefault(row["customer_id"], set()).add(row["identity_key"])
        records.append(members)
    same_person = {key for key, keys in records[0].items() if records[1].get(key) == keys}
    assert len(same_person) > 0.7 * len(records[0])
    customers = {("customer", key) for key in same_person}
    assert customers & rows_then.keys()
    assert {k: rows_then[k] for k in customers & rows_then.keys()} == {
        k: rows_later[k] for k in customers & rows_later.keys()
    }
