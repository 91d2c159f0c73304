"""How well scores of customers say who buys again and what it brings, on days that the warehouse has not seen."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from pathlib import Path

from tools.bench.commands import create_tables, dbt, python, warehouse
from tools.bench.results import Results
from tools.evaluate.customers.__main__ import VALUE_DAYS

# Of visits and messages before the day of the forecast; orders of two years are among what lands first.
KNOWN_DAYS = 60
# What dbt builds of it: nothing that the scores do not need, and no test.
BUILT = (
    "--select", "+customer_health_scores", "+customer_lifetime_value",
    "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test",
)  # fmt: skip


def measure(arguments: argparse.Namespace, work: Path, results: Results) -> None:
    """Build what was known a year before the sample ends, and compare it with that year."""
    day = arguments.end - timedelta(days=VALUE_DAYS)
    start, sample, result = day - timedelta(days=KNOWN_DAYS - 1), work / "sample", work / "customers.json"
    with warehouse() as url:
        python(
            "tools.sample_sources", "generate", "--customers", arguments.customers, "--start", start,
            "--end", arguments.end, "--seed", arguments.seed, "--difficulty", "normal", "--out", sample,
        )  # fmt: skip
        create_tables(url)
        python("tools.sample_sources", "load", "--from", sample, "--end", day)
        dbt("build", work, start, day, *BUILT)
        python("tools.evaluate.customers", "--sample", sample, "--json", result)
    for claim, forecasts in json.loads(result.read_text()).items():
        if "auc" in forecasts:
            for figure in ("auc", "brier", "slope"):
                told = ", ".join(f"{name} {value:.3f}" for name, value in forecasts[figure].items())
                results.add(f"{claim}: {figure} (n = {forecasts['customers']:,})", told)
            continue
        for name, figures in forecasts.items():
            ages = "".join(f"; {age} ×{ratio:.2f} ({n})" for age, (ratio, n) in figures.get("ratio by age", {}).items())
            results.add(f"{claim}: {name}", f"×{figures['ratio']:.2f}, top tenth {figures['top tenth']:.0%}{ages}")
