"""``make mutate``: change the models' SQL in small ways, and report which changes no unit test notices.

dbt writes the queries of the unit tests, which hold all that they read; GoogleSQL's reference engine runs them on each
mutant of the model. Models without a unit test are listed: nothing in them would be noticed here.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from include.pipeline.dbt_manifest import load_manifest
from tools.bench.commands import create_tables, dbt, warehouse
from tools.local.services import EMULATOR_PYTHON, StackError

DAY = date(2026, 11, 20)
WITHOUT_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
HERE = Path(__file__).parent
EQUIVALENT = HERE / "equivalent.yml"
# Long expressions are cut in the report.
SHOWN_CHARACTERS = 100


def write_queries(work: Path) -> dict[str, Any]:
    """Let dbt write the queries of all unit tests, on a warehouse that compiles and runs nothing; return its manifest.

    :param work: directory of dbt's target.
    """
    with warehouse(googlesql="compile") as url:
        create_tables(url)
        # dbt takes the types of what a unit test is given from the tables.
        dbt("build", work, DAY, DAY, *WITHOUT_TESTS)
        dbt("test", work, DAY, DAY, "--select", "test_type:unit")
    return load_manifest(work / "target" / "manifest.json")


def queries_by_model(work: Path, manifest: dict[str, Any]) -> dict[str, list[str]]:
    """Return the files of the unit tests by model."""
    written = {file.stem: str(file) for file in (work / "target" / "run").rglob("*.yml/**/*.sql")}
    found: dict[str, list[str]] = defaultdict(list)
    for test in manifest["unit_tests"].values():
        # A test of a versioned model has its version in the name.
        files = [file for name, file in written.items() if name in (test["name"], f"{test['name']}_v1")]
        found[test["model"]] += files
    return dict(found)


def known_equivalent() -> dict[str, list[tuple[str, str]]]:
    """Return mutants that change nothing, as (before, after) by model; ``equivalent.yml`` gives the reason of each."""
    declared = yaml.safe_load(EQUIVALENT.read_text()) or {}
    return {model: [(entry["before"], entry["after"]) for entry in entries] for model, entries in declared.items()}


def report(scores: dict[str, dict[str, Any]], areas: dict[str, str]) -> None:
    """Print the score of each area, and every mutant that no test noticed."""
    equivalent = known_equivalent()
    tried: dict[str, int] = defaultdict(int)
    noticed: dict[str, int] = defaultdict(int)
    for model, result in scores.items():
        alive = [one for one in result["survivors"] if tuple(one[1:]) not in equivalent.get(model, ())]
        excused = len(result["survivors"]) - len(alive)
        tried[areas[model]] += result["tried"] - excused
        noticed[areas[model]] += result["tried"] - excused - len(alive)
        print(f"\n{model}: {result['tried'] - excused - len(alive)} of {result['tried'] - excused} noticed")
        for name, before, after in alive:
            print(f"  {name}: {before[:SHOWN_CHARACTERS]} → {after[:SHOWN_CHARACTERS]}")
        for test in result["unusable"]:
            print(f"  not tried with {test}: the reference engine does not run it")
    print("\n| area | mutants | noticed | share |\n|---|---|---|---|")
    for area in sorted(tried):
        print(f"| {area} | {tried[area]} | {noticed[area]} | {noticed[area] / max(1, tried[area]):.0%} |")
    whole = sum(tried.values())
    print(f"| all | {whole} | {sum(noticed.values())} | {sum(noticed.values()) / max(1, whole):.0%} |")


def main() -> int:
    """Mutate what is asked for and print the scores."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutate", description=__doc__)
    parser.add_argument("--models", nargs="+", help="models to mutate (default: all that have a unit test)")
    parser.add_argument("--sample", type=int, default=0, help="mutants per model, drawn at random (default: all)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        try:
            manifest = write_queries(work)
        except StackError as error:
            print(f"✗ {error}", file=sys.stderr)
            return 2
        queries = queries_by_model(work, manifest)
        nodes = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
        if unknown := set(arguments.models or ()) - queries.keys():
            print(f"✗ no unit test of {', '.join(sorted(unknown))}: write one beside the model", file=sys.stderr)
            return 2
        chosen = {model: files for model, files in queries.items() if model in (arguments.models or queries)}
        cases, results = work / "cases.json", work / "results.json"
        cases.write_text(json.dumps({"models": chosen, "sample": arguments.sample}))
        subprocess.run([EMULATOR_PYTHON, HERE / "score.py", cases, results], check=True)
        areas = {name: "/".join(Path(node["original_file_path"]).parts[1:-1]) for name, node in nodes.items()}
        report(json.loads(results.read_text()), areas)
    if untested := sorted(nodes.keys() - queries.keys()):
        print(f"\nWithout a unit test: {', '.join(untested)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
