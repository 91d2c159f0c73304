"""plugins/martech is a house of rooms by subject. Its imports show how the rooms lean on each other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARTECH = ROOT / "plugins/martech"
# What is built on martech, so that martech must not know of it.
ABOVE = {"include", "dags", "tools", "tests"}


def imported(file: Path) -> Iterator[str]:
    """Yield the full name of every module and object that a file of martech imports, wherever in the file.

    :param file: a Python file of a folder ``martech``.
    """
    package = file.parts[file.parts.index("martech") : -1]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*start, *filter(None, [node.module])))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def rooms(root: Path) -> dict[str, set[str]]:
    """Return what each room imports from other rooms; a file in the hall counts as a room of its own.

    :param root: folder of martech.
    """
    arrows: dict[str, set[str]] = {}
    for file in sorted(root.rglob("*.py")):
        room = file.relative_to(root).parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        names = [name.split(".") for name in imported(file)]
        arrows.setdefault(room, set()).update(name[1] for name in names if name[0] == "martech" and name[1] != room)
    return arrows


def upward_imports(root: Path) -> list[str]:
    """Return ``file: name`` of every import of what is built on martech.

    :param root: folder of martech.
    """
    return [
        f"{file.relative_to(root)}: {name}"
        for file in sorted(root.rglob("*.py"))
        for name in imported(file)
        if name.split(".")[0] in ABOVE
    ]


def files_in_hall(root: Path) -> list[str]:
    """Return the names of the files that are in no room.

    :param root: folder of martech.
    """
    return sorted(path.name for path in root.iterdir() if path.is_file() and path.name != "__init__.py")


def test_martech_imports_nothing_that_is_built_on_it() -> None:
    assert upward_imports(MARTECH) == []


def test_arrows_between_rooms_run_one_way() -> None:
    try:
        TopologicalSorter(rooms(MARTECH)).prepare()
    except CycleError as error:
        pytest.fail(f"{' → '.join(error.args[1])}: move what they share to a room that both may import")


def test_every_file_is_in_a_room() -> None:
    assert files_in_hall(MARTECH) == []


def test_the_documented_rooms_are_those_of_the_code() -> None:
    _, _, section = (ROOT / "docs/architecture.md").read_text().partition("\n## Rooms\n")
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", section.partition("\n## ")[0], re.MULTILINE)
    assert {room: set(re.findall(r"\w+", names)) for room, names in rows} == rooms(MARTECH)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from include.settings import settings", "include.settings.settings"),
        ("import tools.local", "tools.local"),
        ("if TYPE_CHECKING:\n    from include.settings import Layer", "include.settings.Layer"),
        ("def late():\n    from tests import embedded", "tests.embedded"),
    ],
)
def test_an_upward_import_is_found_wherever_it_stands(tmp_path: Path, line: str, found: str) -> None:
    _write(tmp_path, {"costs/prices.py": line})
    assert upward_imports(tmp_path / "martech") == [f"costs/prices.py: {found}"]


def test_arrows_are_found_in_every_way_to_import(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "costs/a.py": "from martech.alerts.messages import Alert\nfrom martech.costs import prices",
            "quality/b.py": "from martech import costs\nfrom . import profile",
            "alerts/c.py": "import martech.dbt.artifacts\nfrom ..quality.hook import QualityClient",
            "dbt/d.py": "from .. import costs",
        },
    )
    arrows = rooms(tmp_path / "martech")
    assert arrows == {"costs": {"alerts"}, "quality": {"costs"}, "alerts": {"dbt", "quality"}, "dbt": {"costs"}}
    with pytest.raises(CycleError):
        TopologicalSorter(arrows).prepare()


def test_a_file_in_the_hall_is_found(tmp_path: Path) -> None:
    _write(tmp_path, {"__init__.py": "", "days.py": "", "costs/prices.py": ""})
    assert files_in_hall(tmp_path / "martech") == ["days.py"]


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / "martech" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
