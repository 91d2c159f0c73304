"""dbt's tests that compare gold's sums with silver's pass on the sample, and fail where a sum is wrong."""

from __future__ import annotations

import pytest

from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, DbtWarehouse

GOLD = settings.layers["gold"].dataset
ANY_CAMPAIGN = "(select min(campaign_id) from {gold}.campaign_performance where campaign_spend > 0)"
ONE_CENT_OF_ONE_MODEL = """
    array(
        select as struct
            credit.attribution_model, credit.conversions,
            if(credit.attribution_model = 'markov', credit.revenue + 0.01, credit.revenue) as revenue
        from unnest(credit_by_model) as credit
    )
"""
# What breaks a table → the tests that must notice.
FAULTS = {
    "update {gold}.campaign_performance set campaign_spend = campaign_spend + 1"
    f" where campaign_id = {ANY_CAMPAIGN}": {
        "campaign_totals_equal_source_totals", "channel_performance_adds_up_per_model",
    },
    f"delete from {{gold}}.campaign_performance where campaign_id = {ANY_CAMPAIGN}": {
        "campaign_totals_equal_source_totals", "channel_performance_adds_up_per_model",
    },
    "update {gold}.campaign_performance"
    f" set credit_by_model = {ONE_CENT_OF_ONE_MODEL} where attributed_revenue > 0": {
        "channel_performance_adds_up_per_model",
    },
    "delete from {gold}.marketing_attribution where is_unattributed": {"attribution_covers_every_conversion"},
}  # fmt: skip


@pytest.fixture(scope="module")
def queries(sample_warehouse: DbtWarehouse) -> dict[str, str]:
    """The SQL of these tests, by name, for the days of the sample."""
    names = sorted(set().union(*FAULTS.values()))
    return sample_warehouse.compiled(*names, start=FIRST_DAY, end=LAST_DAY)


def failing(warehouse: DbtWarehouse, queries: dict[str, str]) -> set[str]:
    """Return the tests that find rows."""
    return {name for name, sql in queries.items() if warehouse.query(sql)}


def test_the_sample_adds_up(sample_warehouse: DbtWarehouse, queries: dict[str, str]) -> None:
    assert failing(sample_warehouse, queries) == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_sum_is_found(sample_warehouse: DbtWarehouse, queries: dict[str, str], fault: str) -> None:
    kept = {table: f"{GOLD}.{table}" for table in ("campaign_performance", "marketing_attribution")}
    for table, name in kept.items():
        sample_warehouse.query(f"create or replace table {GOLD}.kept_{table} as select * from {name}")
    sample_warehouse.query(fault.format(gold=GOLD))
    try:
        assert failing(sample_warehouse, queries) >= FAULTS[fault]
    finally:
        for table, name in kept.items():
            sample_warehouse.query(f"delete from {name} where true")
            sample_warehouse.query(f"insert into {name} select * from {GOLD}.kept_{table}")
            sample_warehouse.query(f"drop table {GOLD}.kept_{table}")
