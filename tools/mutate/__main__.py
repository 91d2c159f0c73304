"""``make mutate``: change the models' SQL in small ways, and report which changes no unit test notices.

dbt writes the queries of the unit tests, which hold all that they read; GoogleSQL's reference engine runs them on each
mutant of the model. What a macro puts into several models is one rule: a test of any of them may notice the change.
Models without a unit test are listed: nothing in them would be noticed here.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from include.pipeline.dbt_manifest import load_manifest
from tools.bench.commands import create_tables, dbt, warehouse
from tools.local.services import EMULATOR_PYTHON, REPOSITORY, StackError

DAY = date(2026, 11, 20)
WITHOUT_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
HERE = Path(__file__).parent
EQUIVALENT = HERE / "equivalent.yml"
DBT = Path("include/dbt")
# Long expressions are cut in the report.
SHOWN_CHARACTERS = 100
# The first that fits a model's name is its area.
AREAS = {
    "staging": ("stg_*",),
    "consent": ("int_customers__source_records", "int_customers__profiles", "int_customers__contacts"),
    "identity": ("int_identity__*", "identity_map"),
    "revenue and sales": (
        "int_customers__revenue",
        "int_customers__sales",
        "int_opportunities__*",
        "unified_transactions",
        "mv_revenue_by_channel",
    ),
    "attribution": ("int_attribution__*", "marketing_attribution"),
    "scores": (
        "int_customers__scores",
        "int_leads__*",
        "lead_scores",
        "customer_health_scores",
        "customer_lifetime_value",
    ),
    "features": ("int_features__*", "ml_features"),
    "customer 360": ("customer_*", "active_customers", "int_customers__*", "int_records__seen"),
    "silver, other": ("unified_*", "int_sessions__*"),
    "gold, other": ("*",),
}


def area_of(model: str) -> str:
    """Return the area of the report that a model belongs to."""
    return next(area for area, patterns in AREAS.items() if any(fnmatch(model, pattern) for pattern in patterns))


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


def changed_models(manifest: dict[str, Any], files: Iterable[str]) -> set[str]:
    """Return the models that a change of files may change.

    :param manifest: dbt's.
    :param files: paths from the repository's root.
    """
    paths = {str(Path(file).relative_to(DBT)) for file in files if Path(file).is_relative_to(DBT)}

    def touched(kind: str) -> set[str]:
        """Nodes of a kind whose file, or the YAML beside it, is among the changed ones."""
        return {
            key
            for key, node in manifest[kind].items()
            if node["original_file_path"] in paths or (node.get("patch_path") or "").partition("://")[2] in paths
        }

    macros = touched("macros")
    while (
        new := {key for key, macro in manifest["macros"].items() if macros.intersection(macro["depends_on"]["macros"])}
        - macros
    ):
        macros |= new
    nodes = touched("nodes")
    return {
        node["name"]
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and (
            key in nodes
            or macros.intersection(node["depends_on"]["macros"])
            or any(parent in nodes for parent in node["depends_on"]["nodes"] if parent.startswith("seed."))
        )
    }


def files_changed_since(commit: str) -> list[str]:
    """Return the files that differ from a commit, in this checkout.

    :raises StackError: if git does not know the commit.
    """
    command = ["git", "diff", "--name-only", "--diff-filter=d", commit]
    said = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if said.returncode:
        raise StackError(f"--changed needs a commit that git knows: {said.stderr.strip()}")
    return said.stdout.splitlines()


def known_equivalent() -> dict[str, list[dict[str, str]]]:
    """Return the mutants that change nothing by model, as ``equivalent.yml`` declares them."""
    return yaml.safe_load(EQUIVALENT.read_text()) or {}


def is_equivalent(survivor: Mapping[str, Any], declared: Mapping[str, list[dict[str, str]]]) -> bool:
    """Whether a survivor is declared as one that changes nothing."""
    return any(
        entry["before"] == survivor["before"]
        and entry["after"] == survivor["after"]
        and entry.get("within", "") in survivor["within"]
        for model in survivor["models"]
        for entry in declared.get(model, ())
    )


def line_of(survivor: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """Return where the changed SQL may stand, as file and line: the line that has most of its words.

    :param survivor: a mutant, with the expression that it is a part of.
    :param sources: text by file: the model's, and those of its macros.
    """
    near = set(re.findall(r"\w+", survivor["within"].lower()))
    exact = set(re.findall(r"\w+", survivor["before"].lower()))
    best = (0.0, "")
    for file, text in sources.items():
        for number, line in enumerate(text.splitlines(), 1):
            words = set(re.findall(r"\w+", line.lower()))
            # A word of the changed place itself says more; of two lines the one that says less besides.
            worth = 3 * len(words & exact) + len(words & near) - 0.1 * len(words)
            if worth > best[0]:
                best = worth, f"{file}:{number}"
    return best[1]


def sources_of(manifest: dict[str, Any], model: str) -> dict[str, str]:
    """Return the text of a model and of the project's macros that it calls, by file."""
    (node,) = [
        node for node in manifest["nodes"].values() if node["name"] == model and node["resource_type"] == "model"
    ]
    macros = [manifest["macros"][key] for key in node["depends_on"]["macros"]]
    own = [macro for macro in macros if macro["package_name"] == node["package_name"]]
    return {
        node["original_file_path"]: node["raw_code"],
        **{macro["original_file_path"]: macro["macro_sql"] for macro in own},
    }


def report(scores: dict[str, dict[str, Any]], manifest: dict[str, Any]) -> float:
    """Print every mutant that no test noticed and the score of each area; return the share that was noticed."""
    equivalent = known_equivalent()
    tried: dict[str, int] = defaultdict(int)
    noticed: dict[str, int] = defaultdict(int)
    for model, result in scores.items():
        alive = [survivor for survivor in result["survivors"] if not is_equivalent(survivor, equivalent)]
        count = result["tried"] - (len(result["survivors"]) - len(alive))
        tried[area_of(model)] += count
        noticed[area_of(model)] += count - len(alive)
        print(f"\n{model}: {count - len(alive)} of {count} noticed")
        sources = sources_of(manifest, model)
        for survivor in alive:
            before, after = survivor["before"][:SHOWN_CHARACTERS], survivor["after"][:SHOWN_CHARACTERS]
            print(f"  {line_of(survivor, sources)} {survivor['change']}: {before} → {after}")
        for test in result["unusable"]:
            print(f"  not tried with {test}: the reference engine does not run it")
    print("\n| area | mutants | noticed | share |\n|---|---|---|---|")
    for area in (area for area in AREAS if area in tried):
        print(f"| {area} | {tried[area]} | {noticed[area]} | {noticed[area] / max(1, tried[area]):.0%} |")
    whole = sum(tried.values())
    share = sum(noticed.values()) / whole if whole else 1.0
    print(f"| all | {whole} | {sum(noticed.values())} | {share:.0%} |")
    return share


def models_asked_for(arguments: argparse.Namespace, manifest: dict[str, Any], tested: Iterable[str]) -> list[str]:
    """Return the models to mutate, of those that have a unit test.

    :raises StackError: if a model is named that has none.
    """
    if unknown := set(arguments.models or ()).difference(tested):
        raise StackError(f"no unit test of {', '.join(sorted(unknown))}: write one beside the model")
    wanted = set(arguments.models or tested)
    if arguments.changed:
        wanted &= changed_models(manifest, files_changed_since(arguments.changed))
    return [model for model in tested if model in wanted]


def main() -> int:
    """Mutate what is asked for and print the scores."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutate", description=__doc__)
    parser.add_argument("--models", nargs="+", help="models to mutate (default: all that have a unit test)")
    parser.add_argument("--changed", metavar="COMMIT", help="only models that changes since a commit may change")
    parser.add_argument("--sample", type=int, default=0, help="mutants per model, drawn at random (default: all)")
    parser.add_argument("--at-least", type=float, default=0, metavar="PERCENT", help="fail if fewer are noticed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        try:
            manifest = write_queries(work)
            queries = queries_by_model(work, manifest)
            chosen = models_asked_for(arguments, manifest, queries)
        except StackError as error:
            print(f"✗ {error}", file=sys.stderr)
            return 2
        cases, results = work / "cases.json", work / "results.json"
        cases.write_text(json.dumps({"queries": queries, "models": chosen, "sample": arguments.sample}))
        subprocess.run([EMULATOR_PYTHON, HERE / "score.py", cases, results], check=True)
        share = report(json.loads(results.read_text()), manifest)
    models = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    if untested := sorted(models - queries.keys()):
        print(f"\nWithout a unit test: {', '.join(untested)}")
    if 100 * share < arguments.at_least:
        print(f"✗ {share:.1%} noticed, at least {arguments.at_least:g} % are asked for", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
