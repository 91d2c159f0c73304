"""The targets that dashboards compare figures with."""

from __future__ import annotations

from pathlib import Path

from martech.declarations.reader import read_declaration

from include.pipeline.settings import INCLUDE_DIR

FOLDER = INCLUDE_DIR / "dashboards"


def load_targets(path: Path = FOLDER / "targets.yml") -> dict[str, float]:
    """Return what metrics should be, by name.

    :param path: the declaration.
    :raises martech.declarations.reader.DeclarationError: where it does not fit its schema.
    """
    return dict(read_declaration(path, FOLDER / "targets.schema.json").values or {})
