"""Run a model's unit tests on its mutants, in GoogleSQL's reference engine, and say which no test noticed.

Runs in ``.venv-emulator``: ``python tools/mutate/score.py CASES.json RESULTS.json``. ``CASES.json`` has by model the
files of its unit tests, as dbt ran them.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

sys.path[:0] = [str(Path(__file__).parents[1] / "emulator"), str(Path(__file__).parent)]
from googlesql.analyzer import Analyzer, RefusedError, bigquery_names
from googlesql.engine import Engine
from googlesql.values import can_show, normal, result_table
from mutants import Mutant, mutants_of, mutated


class Trial:
    """One unit test of a model.

    :param file: its query, as dbt ran it: what the model makes of the given rows, and what is expected.
    :param analyzer: runs it.
    """

    def __init__(self, file: Path, analyzer: Analyzer) -> None:
        self.name = file.stem
        self._analyzer = analyzer
        self.tree: exp.Expression = sqlglot.parse_one(file.read_text(), read="bigquery")

    def passes(self, sql: str) -> bool:
        """Whether a query gives the expected rows; one that cannot run does not."""
        try:
            response = self._analyzer.evaluate(bigquery_names(sql).text)
        except RefusedError:
            return False
        columns = response.prepared.columns
        if not all(can_show(column.type) for column in columns):
            return True
        rows = zip(
            *(
                [repr(normal(value, kind.type)) for value in column.to_pylist()]
                for column, kind in zip(result_table(response).columns, columns, strict=True)
            ),
            strict=True,
        )
        sides: dict[str, list[tuple[str, ...]]] = {"'actual'": [], "'expected'": []}
        for *values, side in rows:
            sides[side].append(tuple(values))
        return sorted(sides["'actual'"]) == sorted(sides["'expected'"])


def score(files: Sequence[Path], analyzer: Analyzer, sample: int, seed: str) -> dict[str, Any]:
    """Try the mutants of one model.

    :param files: its unit tests.
    :param sample: so many mutants at most, drawn by ``seed``; 0 for all.
    :return: how many mutants were tried, the ones that no test noticed, and tests that cannot run here.
    """
    trials = [Trial(file, analyzer) for file in files]
    usable = [trial for trial in trials if trial.passes(trial.tree.sql("bigquery"))]
    unusable = sorted({trial.name for trial in trials} - {trial.name for trial in usable})
    # A test may have switched a part of the model off: a mutant is what most of its tests have in common.
    found: dict[Mutant, list[Trial]] = {}
    for trial in usable:
        for mutant in mutants_of(trial.tree):
            found.setdefault(mutant, []).append(trial)
    chosen = list(found)
    if sample and len(chosen) > sample:
        chosen = random.Random(seed).sample(chosen, sample)  # noqa: S311 - no secret
    survivors = [
        mutant for mutant in chosen if all(trial.passes(mutated(trial.tree, mutant)) for trial in found[mutant])
    ]
    return {
        "tried": len(chosen),
        "survivors": [[mutant.name, mutant.before, mutant.after] for mutant in survivors],
        "unusable": unusable,
    }


def main(cases: Path, results: Path) -> None:
    """Score every model of a file of cases."""
    asked = json.loads(cases.read_text())
    analyzer = Analyzer(Engine())
    scores = {}
    for model, files in asked["models"].items():
        scores[model] = score([Path(file) for file in files], analyzer, asked["sample"], model)
        results.write_text(json.dumps(scores, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
