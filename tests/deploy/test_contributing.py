"""What contributors are told exists: files, make's targets, owned paths, the version, and the hooks' tools."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
# Where something with a name of its own is to be added, such as a table, one that exists stands for it.
PATH = re.compile(r"(?<![\w/.])[a-z]\w*(?:/[\w<>.-]*[\w>])+")
PLACEHOLDER = re.compile(r"<\w+>")


def without_a_file(patterns: set[str]) -> list[str]:
    """Return the paths that lead nowhere."""
    return sorted(path for path in patterns if not any(ROOT.glob(PLACEHOLDER.sub("*", path).rstrip("/"))))


def test_every_path_of_the_guide_exists() -> None:
    paths = set(PATH.findall(CONTRIBUTING))
    assert len(paths) > 40, "the guide's paths are not found any more"
    assert without_a_file(paths | set(re.findall(r"\]\(([^)]+)\)", CONTRIBUTING))) == []


def test_every_target_of_the_guide_is_one_of_make() -> None:
    targets = set(re.findall(r"(?m)^([a-z0-9-]+):", (ROOT / "Makefile").read_text()))
    named = set(re.findall(r"(?m)(?:^|`)make ([a-z0-9-]+)", CONTRIBUTING))
    assert {"setup", "check", "test", "fmt"} <= named <= targets


def test_every_owned_path_exists() -> None:
    lines = [line for line in (ROOT / ".github" / "CODEOWNERS").read_text().splitlines() if line.startswith("/")]
    assert without_a_file({line.split()[0].lstrip("/") for line in lines}) == []


def test_the_version_has_its_changes_and_one_home() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    released = re.findall(r"(?m)^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text())
    assert released[0] == version
    assert "version" not in yaml.safe_load((ROOT / "include" / "dbt" / "dbt_project.yml").read_text())


def test_hooks_of_a_commit_are_the_pinned_tools_of_the_project() -> None:
    pinned = {line.partition("==")[0] for line in (ROOT / "requirements-dev.txt").read_text().splitlines()}
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repo["repo"] == "local"
    for hook in repo["hooks"]:
        assert hook["language"] == "system", "any other downloads its tool"
        program, *_ = hook["entry"].split()
        assert program.removeprefix(".venv/bin/") in pinned
