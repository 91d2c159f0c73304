"""Write a Looker project and Tableau's data sources: ``make bi OUT=<folder>``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from martech.dashboards.pages import PAGES, QUERIES

from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import settings
from tools.bi.looker import looker_files
from tools.bi.tableau import tableau_files
from tools.bi.tables import queries_of, tables_of
from tools.local.services import REPOSITORY

DEFAULT = REPOSITORY / ".local" / "bi"


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder, which may hold others.

    :param folder: the folder.
    :param files: texts by path in it.
    """
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    print(f"{len(files)} files in {folder}")


def main() -> None:
    """Write both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DEFAULT, help="folder, which gets `looker` and `tableau`")
    out: Path = parser.parse_args().out
    manifest = load_manifest()
    tables = tables_of(manifest)
    place = {"project": settings.project_id, "dataset": settings.layers["gold"].dataset}
    looker = looker_files(tables, queries=queries_of(manifest), pages=QUERIES, titles=PAGES, **place)
    write(out / "looker", looker)
    write(out / "tableau", tableau_files(tables, **place))


if __name__ == "__main__":
    main()
