"""A macro stands in the file of its name, and its folder's ``_macros.yml`` says what it does and what it takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.pipeline.settings import DBT_DIR

MACROS = DBT_DIR / "macros"
FILES = sorted(MACROS.rglob("*.sql"))
# The default of an argument may hold a bracket in quotes.
SIGNATURE = re.compile(r"\{%-? macro (\w+)\((.*?)\) -?%\}", re.DOTALL)
ARGUMENT = re.compile(r"(?:^|,)\s*(\w+)")


def described(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the folder's YAML says, by macro."""
    return {macro["name"]: macro for macro in yaml.safe_load((folder / "_macros.yml").read_text())["macros"]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_macro_has_a_file_and_its_arguments_are_described(path: Path) -> None:
    (signature,) = SIGNATURE.findall(path.read_text())
    name, arguments = signature
    assert name == path.stem
    macro = described(path.parent)[name]
    assert macro["description"]
    assert [argument["name"] for argument in macro.get("arguments", [])] == ARGUMENT.findall(
        re.sub(r"'[^']*'", "", arguments)
    )
    assert all(argument["type"] and argument["description"] for argument in macro.get("arguments", []))


def test_nothing_is_described_that_does_not_exist() -> None:
    folders = {path.parent for path in FILES}
    assert {name for folder in folders for name in described(folder)} == {path.stem for path in FILES}
