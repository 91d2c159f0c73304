"""Templates of pages: their own folder, and the style that all share."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def templates_of(folder: Path) -> Environment:
    """Return the templates of a folder, which may include ``style.css``; what they print is escaped.

    :param folder: the folder of the ``.html.j2`` files.
    """
    loader = FileSystemLoader([folder, Path(__file__).parent])
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
