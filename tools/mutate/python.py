"""``make mutate-python``: change modules of Python in small ways with cosmic-ray, and report what no test notices.

Each module is tried with the tests nearest to it: the file of its name, else those that import it, else those that
import what imports it. Works on a copy of the checkout, since cosmic-ray writes each mutant into the file.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tools.local.services import REPOSITORY, StackError

COSMIC_RAY = "cosmic-ray==8.7.0"
UV = REPOSITORY / ".venv-uv" / "bin" / "uv"
PLUGINS = Path("plugins")
# What is tried where nothing is named: money, consent and delivery depend on it, and its tests need no warehouse.
MODULES = (
    "activation/retry.py",
    "activation/rate_limit.py",
    "activation/delivery.py",
    "activation/batching.py",
    "quality/drift.py",
    "quality/volume.py",
    "costs/anomaly.py",
    "costs/forecast.py",
)
# A mutant that hangs is noticed. Importing Airflow takes most of a run.
LIMIT_SECONDS = 180
# Annotations are not run, and a log line is no behaviour.
NO_BEHAVIOUR = ("core/ReplaceBinaryOperator_BitOr_.*", "core/RemoveDecorator")


def imports(text: str) -> set[str]:
    """Return the modules that a file may import, also the names that it takes from packages."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def nearest_tests(module: str, importing: Mapping[str, set[str]], tests: Mapping[str, set[str]]) -> list[str]:
    """Return the test files nearest to a module.

    :param module: dotted name.
    :param importing: imports by module of the project.
    :param tests: imports by test file.
    """
    name = f"test_{module.rpartition('.')[2]}.py"
    if own := [file for file in tests if Path(file).name == name]:
        return own
    reached, known = {module}, {module}
    while reached:
        if found := sorted(file for file, names in tests.items() if names & reached):
            return found
        reached = {name for name, names in importing.items() if names & reached} - known
        known |= reached
    return []


def copy_checkout(target: Path) -> None:
    """Copy what git knows of the checkout, as it is now, and link what is made."""
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if (source := REPOSITORY / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / name)
    made = REPOSITORY / "include" / "dbt" / "target"
    if made.exists():
        (target / "include" / "dbt" / "target").symlink_to(made)


def cosmic_ray(checkout: Path, *arguments: str) -> str:
    """Run cosmic-ray in a copy of the checkout; return what it printed.

    :raises StackError: if it fails, such as when the tests fail without a mutant.
    """
    environment = {**os.environ, "PYTHONPATH": f"{checkout}:{checkout / PLUGINS}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [UV, "tool", "run", "--quiet", "--from", COSMIC_RAY, "cosmic-ray", *arguments]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"cosmic-ray {arguments[0]} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def survivors(dump: str) -> Iterator[tuple[int, str, str] | None]:
    """Yield each mutant that ran: its line, kind and change where it survived, else None.

    :param dump: of ``cosmic-ray dump``, one JSON document per line.
    """
    for line in dump.splitlines():
        work, result = json.loads(line)
        if not result or result["test_outcome"] not in ("killed", "survived"):
            continue
        (mutation,) = work["mutations"]
        changed = [part[1:].strip() for part in result["diff"].splitlines() if part.startswith(("-", "+"))][2:]
        is_alive = result["test_outcome"] == "survived"
        kind = mutation["operator_name"].partition("/")[2]
        yield (mutation["start_pos"][0], kind, " → ".join(changed)) if is_alive else None


def try_module(checkout: Path, module: Path, tests: Iterable[str]) -> list[tuple[int, str, str] | None]:
    """Try the mutants of a module on its nearest tests.

    :param checkout: the copy.
    :param module: path in it.
    :param tests: files in it.
    """
    pytest = f"{sys.executable} -m pytest -x -q -p no:cacheprovider -m 'not warehouse and not e2e' {' '.join(tests)}"
    (checkout / "mutants.toml").write_text(
        f"[cosmic-ray]\nmodule-path = {json.dumps(str(module))}\ntimeout = {LIMIT_SECONDS}\nexcluded-modules = []\n"
        f"test-command = {json.dumps(pytest)}\n[cosmic-ray.distributor]\nname = 'local'\n"
        f"[cosmic-ray.filters.operators-filter]\nexclude-operators = {json.dumps(NO_BEHAVIOUR)}\n"
    )
    session = checkout / "mutants.sqlite"
    session.unlink(missing_ok=True)
    cosmic_ray(checkout, "init", "mutants.toml", str(session))
    cosmic_ray(checkout, "baseline", "mutants.toml")
    cosmic_ray(checkout, "exec", "mutants.toml", str(session))
    return list(survivors(cosmic_ray(checkout, "dump", str(session))))


def main() -> int:
    """Try the modules that are asked for and print the scores."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutate.python", description=__doc__)
    parser.add_argument("--modules", nargs="+", default=MODULES, help="files below plugins/martech")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder)
        copy_checkout(checkout)
        named = {path: ".".join(path.relative_to(checkout / PLUGINS).with_suffix("").parts)
                 for path in (checkout / PLUGINS).rglob("*.py")}  # fmt: skip
        importing = {name: imports(path.read_text()) for path, name in named.items()}
        tests = {
            str(path.relative_to(checkout)): imports(path.read_text())
            for path in (checkout / "tests").rglob("test_*.py")
            if "e2e" not in path.parts
        }
        for name in arguments.modules:
            module = PLUGINS / "martech" / name
            if checkout / module not in named:
                print(f"✗ {module} does not exist", file=sys.stderr)
                return 2
            near = nearest_tests(named[checkout / module], importing, tests)
            try:
                tried = try_module(checkout, module, near)
            except StackError as error:
                print(f"✗ {name}, with {', '.join(near) or 'no test'}: {error}", file=sys.stderr)
                return 2
            alive = [mutant for mutant in tried if mutant]
            print(f"\n{name}: {len(tried) - len(alive)} of {len(tried)} noticed by {', '.join(near)}", flush=True)
            for line, kind, change in alive:
                print(f"  {module}:{line} {kind}: {change}")
            rows.append((name.partition("/")[0], len(tried), len(tried) - len(alive)))
    print("\n| area | mutants | noticed | share |\n|---|---|---|---|")
    for area in dict.fromkeys(area for area, *_ in rows):
        whole, noticed = (sum(row[index] for row in rows if row[0] == area) for index in (1, 2))
        print(f"| {area} | {whole} | {noticed} | {noticed / max(1, whole):.0%} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
