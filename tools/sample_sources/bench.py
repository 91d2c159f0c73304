"""Measures the generator: ``python -m tools.sample_sources.bench [CUSTOMERS …]``.

Each size runs in a process of its own, 30 days; prints rows, rows per second and the most memory it had.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (1_000, 10_000, 50_000)
PERIOD = ("--start", "2026-10-25", "--end", "2026-11-23")


def measure(customers: int) -> None:
    """Print one line for one size."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "data"
        command = [sys.executable, "-m", "tools.sample_sources", "generate", "--customers", str(customers)]
        began = time.monotonic()
        process = subprocess.Popen([*command, *PERIOD, "--out", str(out)], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        if status:
            raise SystemExit(f"{customers:,} customers: the generator failed, see above.")
        rows = sum(json.loads((out / "manifest.json").read_text())["rows"].values())
        size = sum(path.stat().st_size for path in out.rglob("*.ndjson"))
    memory = usage.ru_maxrss / 1024  # Linux counts in kilobytes
    print(f"{customers:>9,} {rows:>12,} {seconds:>8.1f} {rows / seconds:>10,.0f} {memory:>8.0f} {size / 1e6:>9,.0f}")


if __name__ == "__main__":
    print(f"{'customers':>9} {'rows':>12} {'seconds':>8} {'rows/s':>10} {'peak MB':>8} {'disk MB':>9}")
    for argument in sys.argv[1:] or SIZES:
        measure(int(argument))
