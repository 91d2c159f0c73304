"""``make chaos``: disturb a running chain in every way there is, and compare what it comes to with an undisturbed run.

Prints a row for each trial as it ends: how long it took, what failed on the way, and whether the tables of silver and
gold and the destinations' records are equal to the bit, and nothing was sent twice. Nobody does anything meanwhile:
what dies is started again by who supervises it, and the chain's clock goes every two minutes.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tools.chaos.faults import FAULTS
from tools.chaos.stories import STORIES
from tools.chaos.trials import Laboratory, Result
from tools.local.services import StackError


def row(result: Result) -> str:
    """Return a result as a row of Markdown."""
    state = "equal" if result.passed else "; ".join(filter(None, (result.problem, *result.differences)))
    return f"| {result.name} | {result.seconds:.0f} | {result.failed_runs} | {result.sent_twice} | {state} |"


def main() -> int:
    """Try what is asked for; return 1 where a trial did not end as the undisturbed run."""
    parser = argparse.ArgumentParser(prog="python -m tools.chaos", description=__doc__)
    parser.add_argument(
        "--only", nargs="*", choices=[*FAULTS, *STORIES], default=[*FAULTS, *STORIES], help="what happens, one by one"
    )
    parser.add_argument("--pairs", type=int, default=5, help="random pairs of faults (default: 5)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the pairs (default: 1)")
    parser.add_argument("--customers", type=int, default=120, help="size of the sample (default: 120)")
    arguments = parser.parse_args()
    chosen = random.Random(arguments.seed)  # noqa: S311 - not for secrets
    pairs = [chosen.sample(sorted(FAULTS), 2) for _ in range(arguments.pairs)]
    results = []
    with tempfile.TemporaryDirectory(prefix="chaos-") as home:
        laboratory = Laboratory(Path(home), arguments.customers)
        try:
            laboratory.prepare()
            print(
                "| what happens | seconds | failed runs | sent twice | tables and destinations |\n|---|---|---|---|---|"
            )
            for names in [*([name] for name in arguments.only), *pairs]:
                result = laboratory.tell(names[0]) if names[0] in STORIES else laboratory.disturb(names)
                results.append(result)
                print(row(result), flush=True)
        except StackError as error:
            print(f"✗ {error}", file=sys.stderr)
            return 1
    print(f"{sum(result.passed for result in results)} of {len(results)} ended as the undisturbed run.")
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
