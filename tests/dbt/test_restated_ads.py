"""A day of ad performance that Google restates weeks later reaches silver with the run of that day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from tests.dbt.dbt_warehouse import DbtWarehouse

DAY = date(2026, 10, 20)
MODELS = ("--select", "+unified_ad_performance")


def land(warehouse: DbtWarehouse, conversions: int, synced: date) -> None:
    row = {"date": str(DAY), "customer_id": 9, "campaign_id": 1, "ad_group_id": 2, "ad_id": 3, "device": "MOBILE"}
    warehouse.insert(
        "google_ads_ad_performance",
        [{**row, "clicks": 50, "conversions": conversions, "_fivetran_synced": f"{synced} 04:00:00"}],
    )


def conversions(warehouse: DbtWarehouse) -> list[float]:
    rows = warehouse.query(
        f"select conversions from unified_ad_performance where performance_date = '{DAY}'", layer="silver"
    )
    return [row["conversions"] for row in rows]


def test_a_day_restated_after_weeks_reaches_silver(dbt_warehouse: Callable[[str], DbtWarehouse]) -> None:
    warehouse = dbt_warehouse("restated-ads")
    warehouse.create_layer("silver")
    land(warehouse, 3, DAY + timedelta(days=1))
    warehouse.build_models(*MODELS, start=DAY, end=DAY)
    assert conversions(warehouse) == [3]
    last = DAY + timedelta(days=30)
    land(warehouse, 31, last + timedelta(days=1))
    warehouse.build_models(*MODELS, start=last, end=last)
    assert conversions(warehouse) == [31]
