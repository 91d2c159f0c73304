"""``make bench``: measure correctness and speed on this machine.

Prints a table, writes it to ``docs/benchmarks/README.md``, and with a plot to ``docs/benchmarks/<date>.md``. Everything
is built in new embedded warehouses. Nothing here is a test: figures are recorded, not asserted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from tools.bench import activation, chain, customers, growth, landing, models
from tools.bench.results import NEWEST, Results, keep, machine
from tools.local.services import StackError

PARTS = {
    "models": models.measure,
    "customers": customers.measure,
    "landing": landing.measure,
    "activation": activation.measure,
    "growth": growth.measure,
    "chain": chain.measure,
}


def main() -> int:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure; only all are written down"
    )
    parser.add_argument("--customers", type=int, default=1000, help="size of the models' sample (default: 1000)")
    parser.add_argument("--days", type=int, default=30, help="its days of history (default: 30)")
    parser.add_argument("--growth-customers", type=int, default=200, help="size of growth's sample (default: 200)")
    parser.add_argument(
        "--chain-customers", type=int, nargs="+", default=[1_200, 12_000, 70_000],
        help="sizes of the days that run through the chain (default: some 10,000, 100,000 and 1,000,000 bronze rows)",
    )  # fmt: skip
    parser.add_argument(
        "--activation-rows", type=int, default=200_000, help="records sent to each destination (default: 200,000)"
    )
    parser.add_argument("--seed", type=int, default=11, help="seed of the samples (default: 11)")
    parser.add_argument("--end", type=date.fromisoformat, default=date(2026, 11, 23), help="last data day")
    arguments = parser.parse_args()
    results = Results()
    try:
        for part in arguments.only:
            with tempfile.TemporaryDirectory(prefix=f"bench-{part}-") as work:
                PARTS[part](arguments, Path(work), results)
    except StackError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    finally:
        # Hours of measuring are not lost to the part that fails last.
        print("\n".join(f"{claim}: {measured}" for claim, measured in results.rows))
    if list(PARTS) == arguments.only:
        conditions = (
            f"`make bench` measured last: {datetime.now(UTC):%Y-%m-%d}, {machine()}; models on {arguments.customers:,} "
            f"customers, {arguments.days} days, seed {arguments.seed}, difficulty *hard*. Seconds are wall time."
        )
        print(f"Written to {NEWEST} and {keep(results, conditions)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
