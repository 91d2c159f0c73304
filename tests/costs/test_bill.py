from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from martech.costs.bill import BillPrices, Measured, TableUse, estimate
from martech.costs.prices import Prices

from include.pipeline.cost_policy import load_bill_prices
from include.pipeline.settings import SettingsError, settings
from tools.bill.measure import Table, scanned

GIB, TIB = 2**30, 2**40
PRICES = Prices(Decimal("6.25"), Decimal(0), Decimal("0.02"), Decimal("0.01"))
OTHERS = BillPrices(
    history_days=Decimal(730),
    composer_dcu=Decimal(10),
    composer_usd_per_dcu_hour=Decimal("0.1"),
    composer_database_gib=Decimal(10),
    composer_database_usd_per_gib_hour=Decimal("0.01"),
    machine_usd_per_hour=Decimal("0.1"),
    machine_disk_usd_per_month=Decimal(7),
    fivetran_usd_per_million_rows=Decimal(500),
    fivetran_free_rows=Decimal(500_000),
)
# A year of days is kept, a GiB each; a run reads four of them.
EVENTS = TableUse(60 * GIB, GIB, 365, is_rewritten=False, read_windows=4 * GIB, read_whole=0)
# Kept for good and read whole.
ORDERS = TableUse(60 * GIB, GIB, None, is_rewritten=True, read_windows=0, read_whole=60 * GIB)


def test_a_table_of_days_is_as_large_as_its_days_and_its_old_ones_cost_half() -> None:
    bill = estimate(Measured([EVENTS], 60, 1_000_000), 365 * GIB, PRICES, OTHERS)
    # 90 days at 2 cents, 275 at one.
    assert round(bill.storage, 6) == Decimal("4.55")
    assert bill.read_bytes == round(Decimal("30.4") * 4 * GIB)
    assert round(bill.queries, 6) == round(Decimal("30.4") * 4 / 1024 * Decimal("6.25"), 6)
    assert bill.connectors == 500


def test_what_is_read_whole_costs_more_the_longer_the_history() -> None:
    bill = estimate(Measured([ORDERS], 60, 0), 730 * GIB, PRICES, OTHERS)
    assert bill.read_bytes == round(Decimal("30.4") * 730 * GIB)
    # Any of it may change: nothing becomes long-term.
    assert round(bill.storage, 6) == Decimal("14.6")


def test_ten_times_the_size_costs_ten_times_as_much_but_for_airflow() -> None:
    measured = Measured([EVENTS, ORDERS], 60, 1_000_000)
    small, large = (estimate(measured, size * TIB, PRICES, OTHERS) for size in (1, 10))
    for name in ("storage", "queries", "connectors"):
        assert round(getattr(large, name), 3) == pytest.approx(10 * getattr(small, name), rel=Decimal("1e-6")), name
    assert (small.composer, small.machine) == (large.composer, large.machine) == (803, 80)


def test_few_rows_of_connectors_are_free() -> None:
    measured = Measured([EVENTS], 60, 500_000)
    assert estimate(measured, 365 * GIB, PRICES, OTHERS).connectors == 0
    assert estimate(replace(measured, connector_rows=500_001), 365 * GIB, PRICES, OTHERS).connectors > 250


def test_a_run_that_stored_nothing_has_no_bill() -> None:
    with pytest.raises(ValueError, match="stored nothing"):
        estimate(Measured([], 60, 0), TIB, PRICES, OTHERS)


def test_prices_are_declared_and_the_environment_overrides_them() -> None:
    assert load_bill_prices({}).composer_usd_per_dcu_hour == Decimal(
        str(settings.variables["bill"]["composer_usd_per_dcu_hour"])
    )
    assert load_bill_prices({"MARKETING_BILL_COMPOSER_DCU": "6.5"}).composer_dcu == Decimal("6.5")
    with pytest.raises(SettingsError, match=r"MARKETING_BILL_COMPOSER_DCU='few' .* or bill.composer_dcu in"):
        load_bill_prices({"MARKETING_BILL_COMPOSER_DCU": "few"})


LAST = date(2026, 1, 10)
DAYS = {LAST - timedelta(days=n): 100 for n in range(10)}
WIDE = Table(rows=1000, widths={"day": 8.0, "n": 8.0, "text": 20.0}, kept_days=365, days=DAYS)


@pytest.mark.parametrize(
    ("columns", "filters", "read"),
    [
        (["text"], [], (0, 1000 * 20)),
        # A condition reads its column, and a day's rows are read whatever other conditions drop.
        (["text"], ["day='2026-01-10'::DATE", "n>4"], (100 * (20 + 8 + 8), 0)),
        # 20 days before the first one that is known are like the ten that are.
        (["n"], ["day>='2025-12-12'::DATE"], (30 * 100 * 16, 0)),
        # Older partitions than are kept are not there.
        (["n"], ["day>='2020-01-01'::DATE"], (366 * 100 * 16, 0)),
        # No literal bounds it.
        (["n"], ["n>4"], (0, 1000 * 8)),
    ],
)
def test_a_scan_reads_its_columns_of_its_days(
    columns: list[str], filters: list[str], read: tuple[float, float]
) -> None:
    scan = {"columns": columns, "filters": filters}
    assert scanned(scan, WIDE, "day", LAST, monthly=False) == pytest.approx(read)


def test_a_window_of_months_reads_them_from_their_first_day() -> None:
    scan = {"columns": ["n"], "filters": ["day>='2026-01-08'::DATE"]}
    table = Table(rows=110, widths=WIDE.widths, days=DAYS | {date(2025, 12, 31): 10})
    assert scanned(scan, table, "day", LAST, monthly=True) == (16 * 1000, 0)
