"""Run the models' unit tests on mutants, in GoogleSQL's reference engine, and say which no test noticed.

Runs in ``.venv-emulator``: ``python tools/mutate/score.py CASES.json RESULTS.json``. ``CASES.json`` has by model the
files of its unit tests, as dbt ran them, and which models to mutate.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

sys.path[:0] = [str(Path(__file__).parents[1] / "emulator"), str(Path(__file__).parent)]
from googlesql.analyzer import Analyzer, RefusedError, bigquery_names
from googlesql.engine import Engine
from googlesql.values import can_show, normal, result_table
from mutants import Mutant, Sign, model_nodes, mutants_of, mutated

# A mutant that runs for longer counts as noticed, like a test that hangs. The first one waits for the engine.
LIMIT_SECONDS = 30


@dataclass(frozen=True)
class Trial:
    """One unit test, with one change in its model or none.

    :param file: its query, as dbt ran it: what the model makes of the given rows, and what is expected.
    :param place: number of the changed node; -1 changes nothing.
    :param change: what kind of change.
    """

    file: str
    place: int = -1
    change: str = ""


@dataclass
class Rule:
    """Mutants that change one rule, in every model that has it.

    :param first: the mutant that is reported.
    :param trials: the unit tests that may notice it, by model.
    :param signs: what these mutants share.
    """

    first: Mutant
    trials: dict[str, list[Trial]] = field(default_factory=dict)
    signs: set[Sign] = field(default_factory=set)


def parsed(file: str) -> exp.Expression:
    """Return a unit test's query."""
    tree: exp.Expression = sqlglot.parse_one(Path(file).read_text(), read="bigquery")
    return tree


def passes(sql: str, analyzer: Analyzer) -> bool:
    """Whether a unit test's query gives the expected rows; one that cannot run does not."""
    try:
        response = analyzer.evaluate(bigquery_names(sql).text)
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


def serve(pipe: Connection) -> None:
    """Answer for each trial that comes whether it passes."""
    analyzer = Analyzer(Engine())

    # A parsed query is large.
    @lru_cache(maxsize=8)
    def kept(file: str) -> tuple[exp.Expression, list[exp.Expression]]:
        tree = parsed(file)
        return tree, model_nodes(tree)

    while True:
        try:
            trial: Trial = pipe.recv()
        except EOFError:
            return
        tree, nodes = kept(trial.file)
        if trial.place < 0:
            sql = tree.sql("bigquery")
        else:
            with mutated(nodes, trial.place, trial.change):
                sql = tree.sql("bigquery")
        pipe.send(passes(sql, analyzer))


class Worker:
    """A process that runs trials, and is replaced when one takes too long or ends it."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def passes(self, trial: Trial) -> bool:
        """Whether a trial gives the expected rows in time."""
        try:
            self._pipe.send(trial)
            if self._pipe.poll(LIMIT_SECONDS):
                return bool(self._pipe.recv())
        except (EOFError, ConnectionError):
            pass
        self._process.kill()
        self._start()
        return False


class Workers:
    """One process per thread of a pool."""

    def __init__(self) -> None:
        self._own = threading.local()
        self.pool = ThreadPoolExecutor(os.cpu_count())

    def passes(self, trial: Trial) -> bool:
        """Whether a trial gives the expected rows."""
        if not hasattr(self._own, "worker"):
            self._own.worker = Worker()
        return bool(self._own.worker.passes(trial))

    def notices_nothing(self, rule: Rule) -> bool:
        """Whether every trial of a rule passes."""
        return all(self.passes(trial) for trials in rule.trials.values() for trial in trials)


def rules_of(queries: Mapping[str, Sequence[str]]) -> list[Rule]:
    """Return the rules that the models' unit tests run, each once.

    :param queries: files of unit tests by model.
    """
    by_sign: dict[Sign, Rule] = {}
    found: dict[int, Rule] = {}
    for model, files in queries.items():
        for file in files:
            for mutant, signs in mutants_of(parsed(file)):
                # A test may have switched a part of the model off: a mutant is what most of its tests have in common.
                signs.append((model, mutant.place, mutant.name, mutant.before, mutant.after))
                same = {id(by_sign[sign]): by_sign[sign] for sign in signs if sign in by_sign}
                rule, *others = same.values() or [Rule(mutant)]
                for other in others:
                    for name, trials in other.trials.items():
                        rule.trials.setdefault(name, []).extend(trials)
                    rule.signs |= other.signs
                    del found[id(other)]
                rule.trials.setdefault(model, []).append(Trial(file, mutant.place, mutant.name))
                rule.signs |= set(signs)
                by_sign |= dict.fromkeys(rule.signs if others else signs, rule)
                found[id(rule)] = rule
    return list(found.values())


def score(queries: Mapping[str, Sequence[str]], models: Sequence[str], sample: int) -> dict[str, Any]:
    """Try the mutants of some models.

    :param queries: files of unit tests by model, of all models: a rule may be noticed in another model.
    :param models: those to mutate.
    :param sample: so many mutants per model at most, always the same ones; 0 for all.
    :return: by model how many mutants were tried, the ones that no test noticed, and tests that cannot run here.
    """
    workers = Workers()
    files = [file for own in queries.values() for file in own]
    runs = dict(zip(files, workers.pool.map(workers.passes, map(Trial, files)), strict=True))
    rules = rules_of({model: [file for file in own if runs[file]] for model, own in queries.items()})
    # A rule of several models counts once, with the first.
    of_model: dict[str, list[Rule]] = {model: [] for model in models}
    for rule in rules:
        if owner := next((model for model in rule.trials if model in of_model), None):
            of_model[owner].append(rule)
    results = {}
    for model, own in of_model.items():
        chosen = own
        if sample and len(chosen) > sample:
            chosen = random.Random(model).sample(chosen, sample)  # noqa: S311 - no secret
        lives = list(workers.pool.map(workers.notices_nothing, chosen))
        results[model] = {
            "tried": len(chosen),
            "survivors": [
                {
                    "change": rule.first.name,
                    "before": rule.first.before,
                    "after": rule.first.after,
                    "within": rule.first.within,
                    "models": sorted(rule.trials),
                }
                for rule, is_alive in zip(chosen, lives, strict=True)
                if is_alive
            ],
            "unusable": sorted(Path(file).stem for file in queries[model] if not runs[file]),
        }
    return results


def main(cases: Path, results: Path) -> None:
    """Score the models of a file of cases."""
    asked = json.loads(cases.read_text())
    results.write_text(json.dumps(score(asked["queries"], asked["models"], asked["sample"]), indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
