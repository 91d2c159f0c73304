"""``make bill``: measure a day's run, print what a month costs at 1 TB and 10 TB, and write it to docs/costs.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from martech.costs.bill import DAYS_OF_MONTH, TIB, Bill, Measured, estimate

from include.pipeline.cost_policy import cost_policy, load_bill_prices
from tools.bench.results import machine
from tools.bill.measure import measure
from tools.local.services import REPOSITORY, StackError

PAGE = REPOSITORY / "docs" / "costs.md"
BEGIN, END = "<!-- bill: written by `make bill` -->\n", "<!-- end of bill -->"
SIZES = (1, 10)


def _usd(amount: Decimal) -> str:
    return f"{amount:,.0f}"


def table(bills: list[Bill], budget: Decimal) -> str:
    """Return the bills of the sizes, beside the mission's limit, as Markdown.

    :param bills: one per size, in order.
    :param budget: what a month may cost.
    """
    lines = [
        ("storage", [bill.storage for bill in bills]),
        ("queries of daily runs, on demand", [bill.queries for bill in bills]),
        ("Airflow: Composer, small", [bill.composer for bill in bills]),
        ("Airflow: one virtual machine instead", [bill.machine for bill in bills]),
        ("**BigQuery and Composer**", [bill.storage + bill.queries + bill.composer for bill in bills]),
        ("**BigQuery and a virtual machine**", [bill.storage + bill.queries + bill.machine for bill in bills]),
        ("Fivetran, at the declared price", [bill.connectors for bill in bills]),
        ("the mission's limit", [budget for _ in bills]),
    ]
    head = " | ".join(f"{size} TB" for size in SIZES)
    rows = "".join(f"| {name} | {' | '.join(map(_usd, amounts))} |\n" for name, amounts in lines)
    read = " | ".join(f"{Decimal(bill.read_bytes) / TIB / DAYS_OF_MONTH:.3f} TiB" for bill in bills)
    active = " | ".join(f"{bill.connector_rows / 1e6:,.1f} million" for bill in bills)
    return (
        f"| US dollars a month | {head} |\n|---|{'---|' * len(SIZES)}\n{rows}"
        f"| a day's run reads | {read} |\n| monthly active rows of Fivetran | {active} |\n"
    )


def conditions(measured: Measured, arguments: argparse.Namespace) -> str:
    """Return what was measured, in a sentence."""
    stored = sum(use.stored for use in measured.tables)
    read = sum(use.read_windows + use.read_whole for use in measured.tables)
    whole = sum(use.read_whole for use in measured.tables)
    growth = sum(use.growth for use in measured.tables)
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} ({machine()}), {arguments.customers:,} customers, "
        f"{measured.history_days} days, seed {arguments.seed}: {stored / 1e6:,.1f} MB stored in "
        f"{len(measured.tables)} tables, {growth / 1e6:,.2f} MB more a day; a day's run "
        f"reads {read / 1e6:,.1f} MB, of it {whole / 1e6:,.1f} MB without a window of days; connectors changed "
        f"{measured.connector_rows:,} rows in 30 days.\n"
    )


def main() -> int:
    """Measure, print and write the bill."""
    parser = argparse.ArgumentParser(prog="python -m tools.bill", description=__doc__)
    parser.add_argument("--customers", type=int, default=200, help="size of the sample (default: 200)")
    parser.add_argument("--days", type=int, default=60, help="days of history before the measured one (default: 60)")
    parser.add_argument("--end", type=date.fromisoformat, default=date(2026, 11, 23), help="the measured day")
    parser.add_argument("--seed", type=int, default=11, help="seed of the sample (default: 11)")
    arguments = parser.parse_args()
    others = load_bill_prices()
    try:
        with tempfile.TemporaryDirectory(prefix="bill-") as work:
            measured = measure(arguments.customers, arguments.days, arguments.end, arguments.seed, Path(work))
    except StackError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    bills = [estimate(measured, size * 10**12, cost_policy.prices, others) for size in SIZES]
    written = f"{conditions(measured, arguments)}\n{table(bills, cost_policy.monthly_budget_usd)}"
    print(written)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{written}{END}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
