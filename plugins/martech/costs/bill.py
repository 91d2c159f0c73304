"""What a month of the whole system costs at a size: storage, queries, Airflow and the connectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from martech.costs.prices import Prices

# Partitions unchanged for so long cost the long-term price.
LONG_TERM_DAYS = 90
HOURS_OF_MONTH = 730
DAYS_OF_MONTH = Decimal("30.4")
TIB, GIB = 2**40, 2**30


@dataclass(frozen=True)
class TableUse:
    """What one table held and what a day's run read of it, in bytes as BigQuery counts them.

    :param stored: bytes on the measured day.
    :param growth: bytes that a day of data adds.
    :param kept_days: days that its partitions are kept; None keeps them for good.
    :param is_rewritten: whether any of it may be changed by any run, so that nothing of it becomes long-term.
    :param read_windows: bytes read by conditions on the partitioning column.
    :param read_whole: bytes read without one.
    """

    stored: float
    growth: float
    kept_days: int | None
    is_rewritten: bool
    read_windows: float
    read_whole: float


@dataclass(frozen=True)
class Measured:
    """A day's run.

    :param tables: what it stored and read.
    :param history_days: days of data that were there.
    :param connector_rows: rows that the connectors priced by rows have changed in 30 days.
    """

    tables: Sequence[TableUse]
    history_days: int
    connector_rows: int


@dataclass(frozen=True)
class BillPrices:
    """What is no BigQuery, in US dollars.

    :param history_days: days of history that the bill assumes of what is kept for good.
    :param composer_dcu: data compute units of the Composer environment, on average.
    :param composer_usd_per_dcu_hour: price of one for an hour.
    :param composer_database_gib: size of its database.
    :param composer_database_usd_per_gib_hour: price of a GiB of it for an hour.
    :param machine_usd_per_hour: a virtual machine that runs Airflow instead.
    :param machine_disk_usd_per_month: its disk.
    :param fivetran_usd_per_million_rows: a million monthly active rows.
    :param fivetran_free_rows: monthly active rows up to which the connectors cost nothing.
    """

    history_days: Decimal
    composer_dcu: Decimal
    composer_usd_per_dcu_hour: Decimal
    composer_database_gib: Decimal
    composer_database_usd_per_gib_hour: Decimal
    machine_usd_per_hour: Decimal
    machine_disk_usd_per_month: Decimal
    fivetran_usd_per_million_rows: Decimal
    fivetran_free_rows: Decimal


@dataclass(frozen=True)
class Bill:
    """A month, in US dollars, and what it is made of.

    :param read_bytes: bytes that the month's runs read.
    :param connector_rows: monthly active rows.
    """

    storage: Decimal
    queries: Decimal
    composer: Decimal
    machine: Decimal
    connectors: Decimal
    read_bytes: int
    connector_rows: int


def stored_after(table: TableUse, history_days: int, days: int) -> float:
    """Return the bytes of a table when the history is ``days`` long.

    :param table: what was measured.
    :param history_days: days of history when it was measured.
    :param days: days of history.
    """
    kept = days if table.kept_days is None else min(table.kept_days, days)
    return max(0.0, table.stored + table.growth * (kept - history_days))


def long_term_after(table: TableUse, days: int) -> float:
    """Return how many of these bytes cost the long-term price: partitions that no run has changed for 90 days.

    :param table: what was measured.
    :param days: days of history.
    """
    if table.is_rewritten:
        return 0.0
    kept = days if table.kept_days is None else min(table.kept_days, days)
    return table.growth * max(0, kept - LONG_TERM_DAYS)


def estimate(measured: Measured, stored_bytes: int, prices: Prices, others: BillPrices) -> Bill:
    """Return the bill of a month at a size: as many times the measured run as its history, grown, fits into the size.

    A window reads the same days however long the history is; what is read whole has grown with its table.

    :param measured: a day's run.
    :param stored_bytes: bytes of all tables together.
    :param prices: what BigQuery charges.
    :param others: what the rest charges.
    :raises ValueError: where nothing was stored.
    """
    days = int(others.history_days)
    after = [stored_after(table, measured.history_days, days) for table in measured.tables]
    if not sum(after):
        raise ValueError("The measured run stored nothing: there is no size to compare with.")
    scale = stored_bytes / sum(after)
    read = sum(
        table.read_windows + table.read_whole * (grown / table.stored if table.stored else 1.0)
        for table, grown in zip(measured.tables, after, strict=True)
    )
    long_term = scale * sum(
        min(grown, long_term_after(table, days)) for table, grown in zip(measured.tables, after, strict=True)
    )
    read_bytes = Decimal(read * scale) * DAYS_OF_MONTH
    rows = round(measured.connector_rows * scale)
    is_free = rows <= others.fivetran_free_rows
    return Bill(
        storage=(
            Decimal(stored_bytes - long_term) * prices.active_storage_usd_per_gib_month
            + Decimal(long_term) * prices.long_term_storage_usd_per_gib_month
        )
        / GIB,
        queries=read_bytes / TIB * prices.on_demand_usd_per_tib,
        composer=HOURS_OF_MONTH
        * (
            others.composer_dcu * others.composer_usd_per_dcu_hour
            + others.composer_database_gib * others.composer_database_usd_per_gib_hour
        ),
        machine=HOURS_OF_MONTH * others.machine_usd_per_hour + others.machine_disk_usd_per_month,
        connectors=Decimal(0) if is_free else rows * others.fivetran_usd_per_million_rows / 1_000_000,
        read_bytes=round(read_bytes),
        connector_rows=rows,
    )
