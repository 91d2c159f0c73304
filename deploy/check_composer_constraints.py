"""Compares what this project pins with what a Composer image brings along, and writes what has to be installed.

    gcloud composer environments list-packages ENVIRONMENT --location=LOCATION > image.txt
    .venv/bin/python deploy/check_composer_constraints.py image.txt --write packages.txt

Composer installs beside its own packages, and takes no constraints file. So what requirements.txt pins is installed as
it was tested; of what those packages need, the image's version is left as it is where all of them accept it.

The image's list is the output of ``pip list`` or ``pip freeze``, or a page of Google's «Preinstalled packages
changelog». Run it with the Python of ``.venv``: which package asks for which is read from what is installed there.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parents[1]
# `name==version`, with hashes after it or without, or the two columns of `pip list`.
LINE = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?\s*(?:==|\s)\s*(\d\S*)\s*\\?$")
AIRFLOW = "apache-airflow"


@dataclass(frozen=True)
class Difference:
    """A package that the image has in another version than the tests ran with.

    :param wanted: the version of constraints.txt.
    :param found: the image's.
    :param refused_by: requirements of our packages that do not accept the image's version.
    """

    name: str
    wanted: str
    found: str
    refused_by: tuple[str, ...]

    def __str__(self) -> str:
        if not self.refused_by:
            return (
                f"{self.name}: the image has {self.found}, the tests ran with {self.wanted}. Ours accept it: it stays."
            )
        return (
            f"{self.name}: the image has {self.found}, which {'; '.join(self.refused_by)} does not accept. "
            f"{self.wanted} will be installed over it. Where Composer refuses that, take an image that has it, or "
            "loosen the pin in requirements.txt, compile constraints.txt again and run `make test`."
        )


def read_pins(text: str) -> dict[str, str]:
    """Return version by name of ``name==version`` lines or of ``pip list``; other lines are passed over."""
    pins = {}
    for line in text.splitlines():
        if found := LINE.match(line):
            pins[canonicalize_name(found[1])] = found[2]
    return pins


def read_requirements(text: str) -> list[Requirement]:
    """Return the requirements of a file without options."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line]


def asked_for(requirements: Iterable[Requirement]) -> dict[str, dict[str, Requirement]]:
    """Return who asks for each package, direct or not: requirement by asking package, by package.

    :param requirements: direct requirements; their asking package is ``requirements.txt``.
    """
    asked: dict[str, dict[str, Requirement]] = {}
    queue = [("requirements.txt", requirement) for requirement in requirements]
    seen = set()
    while queue:
        asking, requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        asked.setdefault(name, {})[asking] = requirement
        for extra in ("", *sorted(requirement.extras)):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                needs = [Requirement(line) for line in requires(name) or []]
            except PackageNotFoundError:
                continue
            queue += [(name, need) for need in needs if not need.marker or need.marker.evaluate({"extra": extra})]
    return asked


def _accepts(requirement: Requirement, version: str) -> bool:
    try:
        # Composer's own builds are called 2.11.2+composer.
        return requirement.specifier.contains(Version(version).public, prereleases=True)
    except InvalidVersion:
        return False


def compare(
    image: Mapping[str, str], pins: Mapping[str, str], asked: Mapping[str, Mapping[str, Requirement]]
) -> tuple[list[Difference], dict[str, str]]:
    """Return the differences, and version by name of what has to be installed.

    :param image: the image's versions by name.
    :param pins: ours, from constraints.txt.
    :param asked: see :func:`asked_for`.
    """
    differences, missing = [], {}
    for name in sorted(set(asked) & set(pins) - {AIRFLOW}):
        found, wanted = image.get(name), pins[name]
        if found is None:
            missing[name] = wanted
        elif found != wanted:
            refused = tuple(
                f"{asking} ({requirement.specifier})"
                for asking, requirement in sorted(asked[name].items())
                if not _accepts(requirement, found)
            )
            differences.append(Difference(name, wanted, found, refused))
            if refused:
                missing[name] = wanted
    return differences, missing


def check_airflow(image: Mapping[str, str], wanted: str) -> None:
    """Exit where the image's Airflow is of another line, such as 2.10 where 2.11 is pinned."""
    found = image.get(AIRFLOW)
    if found is None:
        sys.exit("The list names no apache-airflow: it is not the list of a Composer image. Make it with `pip list`.")
    if Version(found).release[:2] != Version(wanted).release[:2]:
        sys.exit(
            f"The image has Airflow {found}, the tests ran with {wanted}. Take an image of that line (composer_image "
            "in deploy/terraform), or say REQUIREMENTS=requirements-airflow3.txt for Airflow 3."
        )


def main(arguments: list[str] | None = None) -> None:
    """Compare, say what differs, and write what has to be installed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("image", type=Path, help="the image's packages: pip list, pip freeze or name==version lines")
    parser.add_argument("--requirements", type=Path, default=ROOT / "requirements.txt")
    parser.add_argument("--write", type=Path, help="file for Composer's --update-pypi-packages-from-file")
    options = parser.parse_args(arguments)

    image = read_pins(options.image.read_text())
    constraints = options.requirements.with_name(options.requirements.name.replace("requirements", "constraints"))
    pins = read_pins(constraints.read_text())
    check_airflow(image, pins[AIRFLOW])
    differences, missing = compare(image, pins, asked_for(read_requirements(options.requirements.read_text())))
    for difference in differences:
        print(difference)
    print(f"{len(image)} packages in the image, {len(differences)} differ, {len(missing)} to install.")
    if options.write:
        options.write.write_text("".join(f"{name}=={version}\n" for name, version in missing.items()))


if __name__ == "__main__":
    main()
