"""A warehouse without a row, and one of a single day, have pages too."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from martech.dashboards.pages import PAGES

from tests.dashboards.conftest import Opened, write
from tests.dbt.dbt_warehouse import LAST_DAY, DbtWarehouse


def test_empty_and_one_day(
    serve_warehouse: Callable[..., AbstractContextManager[str]], open_page: Callable[..., Opened], tmp_path: Path
) -> None:
    with serve_warehouse() as url:
        warehouse = DbtWarehouse("empty-dashboards", url, tmp_path / "dbt")
        warehouse.create_datasets()
        for layer in ("ops", "secrets", "gold"):
            warehouse.create_layer(layer)
        empty = write(warehouse, tmp_path / "empty")
        for name in PAGES:
            opened = open_page(empty, name)
            assert opened.said == []
            assert "nothing has been built yet" in opened.page.locator("#freshness").inner_text()
        assert open_page(empty, "executive").value("revenue") is None
        assert "Nobody is at risk" in open_page(empty, "customers").page.inner_text("main")

        zeros = ("returning_customers", "sessions", "visiting_people_1d", "visiting_people_28d", "leads",
                 "marketing_qualified_leads", "converted_leads", "opportunities_won", "lapsed_customers", "tickets",
                 "unsubscribes", "revenue_7d", "revenue_28d")  # fmt: skip
        warehouse.query(
            f"insert into executive_kpis (kpi_date, revenue, orders, new_customers, spend, {', '.join(zeros)}) "
            f"values (date '{LAST_DAY}', 120.5, 2, 1, 0, {', '.join('0' for _ in zeros)})",
            "gold",
        )
        one_day = write(warehouse, tmp_path / "one_day")
        for name in PAGES:
            assert open_page(one_day, name).said == []
        executive = open_page(one_day, "executive")
        assert executive.value("revenue") == 120.5
        assert executive.value("roas") is None, "nothing was spent"
        assert executive.value("customer_acquisition_cost") == 0
