"""Speed of the models on a month of data, and correctness of identity and lead scores on the generator's truth."""

from __future__ import annotations

import argparse
import json
import resource
import time
from datetime import timedelta
from pathlib import Path

from tools.bench.commands import create_tables, dbt, python, warehouse
from tools.bench.results import Chart, Results

WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")


def measure(arguments: argparse.Namespace, work: Path, results: Results) -> None:
    """Build everything from nothing, from the generator's hard setting, with a seed on which nothing was tuned."""
    end = arguments.end
    start = end - timedelta(days=arguments.days - 1)
    sample = work / "sample"
    with warehouse() as url:
        seconds, _ = python(
            "tools.sample_sources", "generate", "--customers", arguments.customers, "--start", start, "--end", end,
            "--seed", arguments.seed, "--difficulty", "hard", "--out", sample,
        )  # fmt: skip
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        raw = sum(json.loads((sample / "manifest.json").read_text())["rows"].values())
        results.add("generator", f"{raw:,} rows in {seconds:.1f} s ({raw / seconds:,.0f} rows/s), peak {peak:.0f} MB")
        began = time.monotonic()
        objects = create_tables(url)
        results.add("DDL of all layers", f"{objects} objects in {time.monotonic() - began:.1f} s")
        seconds, _ = python("tools.sample_sources", "load", "--from", sample)
        results.add("landing by load jobs", f"{seconds:.1f} s ({raw / seconds:,.0f} rows/s)")
        month, printed = dbt("build", work, start, end, *WITHOUT_UNIT_TESTS)
        done = next(line for line in reversed(printed.splitlines()) if "Done. PASS=" in line)
        results.add(f"`dbt build`, {arguments.days} days at once", f"{month:.0f} s; {done[done.index('PASS=') :]}")
        day, _ = dbt("build", work, end, end, *WITHOUT_UNIT_TESTS)
        results.add("`dbt build`, one day more", f"{day:.0f} s")
        results.charts.append(
            Chart("dbt build with tests, seconds", {f"{arguments.days} days at once": month, "one day more": day})
        )
        identity(sample, work / "identity.json", results)
        scoring(sample, work / "scoring.json", results)


def identity(sample: Path, result: Path, results: Results) -> None:
    """Score identity resolution on the generator's truth."""
    _, printed = python("tools.evaluate.identity", "warehouse", "--truth", sample / "truth", "--json", result)
    print(printed)
    for name, scores in json.loads(result.read_text())["scopes"].items():
        for measure_name in ("pairwise", "b_cubed"):
            rates = ", ".join(f"{key} {scores[measure_name][key]:.4f}" for key in ("precision", "recall", "f1"))
            results.add(f"identity, {name}: {measure_name}", rates)
        results.add(f"identity, {name}: match rate", f"{scores['match_rate']:.4f} of {scores['records']:,} records")


def scoring(sample: Path, result: Path, results: Results) -> None:
    """Compare lead scores with what the leads went on to do."""
    _, printed = python("tools.evaluate.scoring", "--truth", sample, "--json", result)
    print(printed)
    for name, scores in json.loads(result.read_text()).items():
        results.add(
            f"conversion probability, {name}",
            f"Brier {scores['brier']:.4f}; base rate alone {scores['brier_of_base_rate']:.4f}; difference "
            f"{scores['difference_from']:+.4f} to {scores['difference_to']:+.4f} (90%); n = {scores['count']:,}",
        )
