"""What an environment is made of: an SBOM in CycloneDX, and whether all licences go with Apache-2.0.

    .venv/bin/python -m tools.packages sbom --write .local/sbom.json
    .venv/bin/python -m tools.packages licences

It reads the packages of the Python that runs it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from site import getsitepackages
from typing import Any
from urllib.parse import quote

from packaging.utils import canonicalize_name

# Words of licences that ask nothing of who uses the package, or only to publish changes of its own files.
COMPATIBLE = re.compile(
    r"apache|\bmit\b|mit-0|mit-cmu|\b0?bsd\b|\bisc\b|\biscl\b|python software foundation|psf-2\.0|cnri-python|"
    r"mozilla public license 2\.0|mpl-2\.0|unlicense|zlib|cc0-1\.0|artistic",
    re.IGNORECASE,
)
# Packages whose metadata names no licence: what their own licence file or repository says.
UNDECLARED = {"pagerduty": "MIT", "openlineage-sql": "Apache-2.0"}
# A library that is used as it is, by tests only, and comes neither with the image nor with Composer.
ACCEPTED = {"psycopg2-binary": "LGPL: not changed, not shipped, the tests' client of the metadata database"}


@dataclass(frozen=True)
class Package:
    """An installed package.

    :param name: its canonical name.
    :param version: its version.
    :param licences: SPDX expression, or the names that its metadata has.
    """

    name: str
    version: str
    licences: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{self.name}@{quote(self.version, safe='.')}"

    @property
    def is_compatible(self) -> bool:
        """Whether one may choose a licence that goes with Apache-2.0, of each part that has one of its own."""
        if len(self.licences) != 1:
            return any(COMPATIBLE.search(name) for name in self.licences)
        parts = re.split(r"\s+and\s+", self.licences[0], flags=re.IGNORECASE)
        return all(COMPATIBLE.search(part) for part in parts)


def read_package(found: Distribution) -> Package:
    """Return what a distribution's metadata says.

    :param found: an installed distribution.
    """
    metadata = found.metadata
    name = canonicalize_name(metadata["Name"])
    classified = [
        text.rpartition(" :: ")[2] for text in metadata.get_all("Classifier", []) if text.startswith("License :: ")
    ]
    named = metadata.get("License-Expression") or UNDECLARED.get(name)
    licences = [named] if named else classified or [(metadata.get("License") or "").partition("\n")[0]]
    return Package(name, found.version, tuple(filter(None, licences)))


def installed() -> list[Package]:
    """Return all packages of this Python, by name.

    Only what lies in its own folders counts: setuptools, once imported, puts copies of other packages on the path.
    """
    found = {package.name: package for package in map(read_package, distributions(path=getsitepackages()))}
    return [found[name] for name in sorted(found)]


def sbom(packages: Iterable[Package]) -> dict[str, Any]:
    """Return a CycloneDX document.

    :param packages: its components.
    """
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "marketing-data-foundation"}},
        "components": [
            {
                "type": "library",
                "bom-ref": package.purl,
                "name": package.name,
                "version": package.version,
                "purl": package.purl,
                "licenses": [{"license": {"name": name}} for name in package.licences],
            }
            for package in packages
        ],
    }


def incompatible(packages: Iterable[Package]) -> Iterator[str]:
    """Yield a line for each package whose licence is unknown or does not go with Apache-2.0.

    :param packages: what is installed.
    """
    for package in packages:
        if not package.licences:
            yield f"{package.name} {package.version}: names no licence; look it up, add it to UNDECLARED of {__name__}."
        elif not package.is_compatible and package.name not in ACCEPTED:
            yield f"{package.name} {package.version}: {', '.join(package.licences)}; replace it, or ask a lawyer."


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for, and return its exit code.

    :param arguments: ``sbom --write FILE`` or ``licences``; those of the process if omitted.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("sbom").add_argument("--write", type=Path, required=True)
    commands.add_parser("licences")
    options = parser.parse_args(arguments)
    packages = installed()
    if options.command == "sbom":
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(json.dumps(sbom(packages), indent=2) + "\n")
        print(f"{len(packages)} packages in {options.write}")
        return 0
    for package in packages:
        print(f"{package.name:<45} {package.version:<16} {', '.join(package.licences)}")
    problems = list(incompatible(packages))
    print("\n".join(problems) or f"All {len(packages)} licences go with Apache-2.0.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
