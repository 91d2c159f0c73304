"""Known vulnerabilities of what is pinned, without a network: by a clone of https://github.com/pypa/advisory-database.

    .venv/bin/python -m tools.advisories CLONE constraints.txt

The clone is data that somebody brings to the machine (CC-BY-4.0, not part of this project). What it does not know is
not found, so the day of its newest advisory is printed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

PIN = re.compile(r"(?m)^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;]+)")
MODIFIED = re.compile(r"(?m)^modified: *[\"']?(\d{4}-\d{2}-\d{2})")


def pins(path: Path) -> dict[str, str]:
    """Return version by canonical name of what a constraints file pins.

    :param path: the file.
    """
    return {canonicalize_name(name): version for name, version in PIN.findall(path.read_text())}


def is_affected(version: str, affected: Mapping[str, Any]) -> bool:
    """Return whether an advisory is about a version: it lists it, or has it in one of its ranges.

    :param affected: an entry of `affected`, as https://ossf.github.io/osv-schema describes it.
    """
    if version in affected.get("versions", ()):
        return True
    return any(
        _is_in_range(Version(version), span["events"])
        for span in affected.get("ranges", ())
        if span["type"] == "ECOSYSTEM"
    )


def _is_in_range(version: Version, events: Iterable[Mapping[str, str]]) -> bool:
    """Return whether a version lies in a span; versions that PyPI would not take are left to the list."""
    try:
        bounds = sorted((Version(text), kind) for event in events for kind, text in event.items())
    except InvalidVersion:
        return False
    inside = False
    for bound, kind in bounds:
        if kind == "introduced" and version >= bound:
            inside = True
        elif (kind == "fixed" and version >= bound) or (kind == "last_affected" and version > bound):
            inside = False
    return inside


def found(clone: Path, pinned: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each advisory about a pinned version.

    :param clone: folder of the database.
    :param pinned: version by name.
    """
    for name, version in sorted(pinned.items()):
        for path in sorted((clone / "vulns" / name).glob("*.yaml")):
            advisory = yaml.safe_load(path.read_text())
            if "withdrawn" in advisory:
                continue
            about = [part for part in advisory["affected"] if canonicalize_name(part["package"]["name"]) == name]
            if any(is_affected(version, part) for part in about):
                aliases = ", ".join(advisory.get("aliases", ()))
                yield f"{name} {version}: {advisory['id']}{f' ({aliases})' if aliases else ''}"


def newest(clone: Path) -> str:
    """Return the day of the newest advisory.

    :param clone: folder of the database.
    :raises SystemExit: where the folder has none.
    """
    days = [day for path in (clone / "vulns").rglob("*.yaml") for day in MODIFIED.findall(path.read_text())]
    if not days:
        raise SystemExit(
            f"{clone} has no advisories. Name a clone: git clone --depth 1 https://github.com/pypa/advisory-database"
        )
    return max(days)


def main(arguments: list[str] | None = None) -> int:
    """Print what is known, and return 1 where it is something.

    :param arguments: clone and constraints files; those of the process if omitted.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("clone", type=Path)
    parser.add_argument("constraints", type=Path, nargs="+")
    options = parser.parse_args(arguments)
    day = newest(options.clone)
    known = {path: list(found(options.clone, pins(path))) for path in options.constraints}
    for path, lines in known.items():
        print(f"{path}: {len(lines)} of {len(pins(path))} packages' known vulnerabilities; newest advisory {day}.")
        print("".join(f"  {line}\n" for line in lines), end="")
    return 1 if any(known.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
