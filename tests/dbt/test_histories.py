"""Whatever changes in whatever order, daily runs, reruns and backfills end in the tables of one full build, to the bit.

``make histories`` tries many seeds; a run of the tests tries those that are kept, and no other, so that it says the
same every time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from random import SystemRandom

import pytest

from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import DbtWarehouse
from tests.dbt.histories import FIRST_DAY, History, make_history, make_runs

# Seeds that every run tries: one of two periods, and those that once found a fault.
KEPT = [32]
# A snapshot keeps what was known when its day began: a history of corrections is no fault of it
# (tests/dbt/test_gold_point_in_time.py).
SNAPSHOTS = {"ml_features"}
TABLES = {
    script.create.table_id: layer
    for layer in ("silver", "gold")
    for script in layer_scripts(layer)
    if script.create.kind == "table" and script.create.table_id not in SNAPSHOTS
}
# Views of silver and gold hold nothing of their own.
MODELS = (
    "--select", "path:models",
    "--exclude", "ml_features", "path:models/intermediate/features",
    "path:models/silver,config.materialized:view", "path:models/gold,config.materialized:view",
    "config.materialized:materialized_view", "resource_type:exposure", "path:models/metrics",
)  # fmt: skip


def seeds() -> list[int]:
    """Return the seeds to try: HISTORIES says how many new ones, or names one as seed:N."""
    wanted = os.environ.get("HISTORIES", "")
    if wanted.startswith("seed:"):
        return [int(wanted.removeprefix("seed:"))]
    return [SystemRandom().randrange(2**32) for _ in range(int(wanted))] if wanted else KEPT


@pytest.fixture(scope="module")
def make(
    serve_warehouse: Callable[..., AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], DbtWarehouse]]:
    """Return a function that makes an empty project.

    Statements are checked although other tests check them too: what passed is translated once, for all builds.
    """
    numbers = count(1)
    with serve_warehouse() as url:

        def project() -> DbtWarehouse:
            name = f"history-{next(numbers)}"
            warehouse = DbtWarehouse(name, url, tmp_path_factory.mktemp(name))
            warehouse.create_datasets()
            for layer in ("bronze", "ops", "secrets", "silver", "gold"):
                warehouse.create_layer(layer)
            warehouse.build_models("--select", "path:seeds", start=FIRST_DAY, end=FIRST_DAY)
            return warehouse

        yield project


def land(warehouse: DbtWarehouse, history: History, period: int) -> None:
    """Let a period's rows land."""
    for table, rows in history.rows(period).items():
        warehouse.insert(table, rows)


def contents(warehouse: DbtWarehouse) -> dict[str, list[str]]:
    """Return the rows of every table, in order."""
    return {table: sorted(map(repr, warehouse.rows(table, layer))) for table, layer in TABLES.items()}


def drop(warehouse: DbtWarehouse) -> None:
    """Forget a project."""
    for layer in settings.layers.values():
        warehouse.client.delete_dataset(f"{warehouse.project}.{layer.dataset}", delete_contents=True, not_found_ok=True)


@pytest.mark.parametrize("seed", seeds())
def test_any_order_of_runs_ends_in_the_tables_of_one_full_build(make: Callable[[], DbtWarehouse], seed: int) -> None:
    history, runs = make_history(seed), make_runs(seed)
    stepwise, at_once = make(), make()
    for period, lands in runs:
        if lands:
            land(stepwise, history, period)
        start, end = history.periods[period]
        stepwise.build_models(*MODELS, start=start, end=end)
    for period in range(len(history.periods)):
        land(at_once, history, period)
    at_once.build_models(*MODELS, start=history.periods[0][0], end=history.periods[-1][1])
    expected, found = contents(at_once), contents(stepwise)
    drop(stepwise)
    drop(at_once)
    differing = {
        table: {
            "lacks": sorted(set(expected[table]) - set(found[table])),
            "has": sorted(set(found[table]) - set(expected[table])),
        }
        for table in TABLES
        if expected[table] != found[table]
    }
    assert not differing, "\n".join(
        [
            f"HISTORIES=seed:{seed}",
            f"runs: {runs}",
            *history.told,
            *(f"{name}: {rows}" for name, rows in differing.items()),
        ]
    )
    assert all(expected[table] for table in ("unified_transactions", "marketing_attribution", "campaign_performance"))
