"""``make identity``: score our identity resolution and Splink 4 on the public sets, and write the table of the results.

Ours is scored with the weights as shipped, and with those that ``fit_identity`` would learn from the set, where its
guard lets it; Splink at its best threshold for the set, which takes the labels to know, and at 0.95.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.bench.commands import timed, warehouse
from tools.bench.results import NEWEST, machine, replace_section
from tools.evaluate.identity.persons_csv import score_csv
from tools.evaluate.identity.warehouse import EvaluationError
from tools.local.services import REPOSITORY, StackError

PYTHON = REPOSITORY / ".venv-linkage" / "bin" / "python"
# Those that weights and rules were set on are named; the others were scored when all was done.
TUNED_ON = ("febrl1", "RLdata500", "fake_1000")
SETS = ("febrl1", "febrl2", "febrl3", "febrl4", "RLdata500", "RLdata10000", "fake_1000", "historical")
BEGIN, END = "<!-- identity: written by `make identity` -->\n", "<!-- end of identity -->"
CAUTIOUS = 0.95
KEPT = Path(".local/evaluate/public_sets.json")
HEAD = (
    "| set | records | ours, as shipped | ours, fitted | Splink 4, best threshold | Splink 4 at .95 |\n"
    "|---|---|---|---|---|---|\n"
)


def ours(file: Path) -> tuple[int, list[dict[str, float]], list[str]]:
    """Return the number of records, the scores as shipped and fitted, and what speaks against the fit."""
    result = score_csv(file, "identity_public", fit_weights=True, keep=False)
    scopes = list(result["scopes"].values())
    return scopes[0]["records"], [scope["pairwise"] for scope in scopes], result["not_fitted_because"]


def splink(file: Path, work: Path) -> dict[str, Any]:
    """Return what ``splink4`` writes."""
    scores = work / "splink.json"
    timed(PYTHON, "-m", "tools.bench.identity.splink4", file, "--json", scores)
    found: dict[str, Any] = json.loads(scores.read_text())
    return found


def _figures(score: dict[str, float]) -> str:
    return f"{score['f1']:.3f} ({score['precision']:.3f} / {score['recall']:.3f})"


def _splink_figures(setups: dict[str, Any], threshold: float | None) -> str:
    """Return the better of the set-ups, at a threshold or at the best of each."""
    scores = [
        (score["f1"], name, score)
        for name, setup in setups.items()
        for score in setup["scores"]
        if threshold in (None, score["threshold"])
    ]
    _, name, best = max(scores, key=lambda one: one[0])
    at = "" if threshold else f" at {best['threshold']:g}"
    return f"{_figures(best)}{at}, {name}"


def row(name: str, mine: tuple[int, list[dict[str, float]], list[str]], theirs: dict[str, Any]) -> str:
    """Return a set's line of the table.

    :param mine: what ``ours`` gives.
    :param theirs: what ``splink`` gives.
    """
    records, scores, reasons = mine
    fitted = "the guard refuses the fit" if reasons else _figures(scores[1])
    tuned = ", tuned on" if name in TUNED_ON else ""
    cells = [
        f"{name}{tuned}",
        f"{records:,}",
        _figures(scores[0]),
        fitted,
        _splink_figures(theirs["setups"], None),
        _splink_figures(theirs["setups"], CAUTIOUS),
    ]
    return f"| {' | '.join(cells)} |\n"


def text(rows: Iterable[str]) -> str:
    """Return the section of the results."""
    return (
        f"`make identity` measured last: {datetime.now(UTC):%Y-%m-%d}, {machine()}. Pairwise F1 (precision / recall) "
        "on sets that this project did not write. Splink has two set-ups, the documented and one with every column: "
        f"the better is shown.\n\n{HEAD}{''.join(rows)}"
    )


def main() -> int:
    """Measure, print and write the table; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.identity", description=__doc__)
    parser.add_argument(
        "--sets", nargs="+", choices=SETS, default=list(SETS), help="sets to score; only all are written down"
    )
    parser.add_argument(
        "--json", type=Path, default=Path(".local/evaluate/public_sets.json"), help="all that was measured"
    )
    arguments = parser.parse_args()
    rows, found = [], {}
    try:
        with tempfile.TemporaryDirectory(prefix="identity-") as scratch, warehouse(googlesql="off"):
            work = Path(scratch)
            timed(PYTHON, "-m", "tools.bench.identity.public_sets", work, "--sets", *arguments.sets)
            for name in arguments.sets:
                mine, theirs = ours(work / f"{name}.csv"), splink(work / f"{name}.csv", work)
                found[name] = {"ours": mine, "splink": theirs}
                rows.append(row(name, mine, theirs))
                print(rows[-1], end="", flush=True)
    except (EvaluationError, StackError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    finally:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")
    if tuple(arguments.sets) == SETS:
        replace_section(NEWEST, BEGIN, END, text(rows))
        print(f"Written to {NEWEST}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
