"""Reads ``movement.yml``: how far what activation sends may move from one run of a sync to the next."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

from martech.declarations.reader import Declaration, read_declaration
from martech.quality.movement import Limits, MeasuredTable

from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import INCLUDE_DIR

HERE = Path(__file__).resolve().parent
MOVEMENT_FILE = HERE / "movement.yml"
SCHEMA_FILE = HERE / "movement.schema.json"


@cache
def _load(path: Path) -> Declaration:
    return read_declaration(path, SCHEMA_FILE)


def load_movement(models: Collection[str], path: Path = MOVEMENT_FILE) -> tuple[list[MeasuredTable], Limits]:
    """Return what is compared of tables, and how far it may move; a table that is not declared is not compared.

    :param models: tables as ``layer.table``.
    :param path: the YAML file.
    :raises DeclarationError: where it is not YAML, not of the schema, or names a table or column that is not there.
    """
    declaration = _load(path)
    # All of them: a wrong one fails whatever is asked for.
    tables = [_table(declaration, model) for model in declaration.values["tables"]]
    return (
        [table for table in tables if f"{table.layer}.{table.name}" in models],
        Limits(**declaration.values["limits"], declared_in=_shown(path)),
    )


def _shown(path: Path) -> str:
    """Return how messages name a declaration: from the project's folder on, if it is in there."""
    root = INCLUDE_DIR.parent
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _table(declaration: Declaration, model: str) -> MeasuredTable:
    layer, name = model.split(".")
    created = {script.create.table_id: script.create for script in layer_scripts(layer)}
    if name not in created:
        where = ("tables", model)
        raise declaration.error(where, "there is no such table", f"Use one of: {', '.join(sorted(created))}.")
    raw = declaration.values["tables"][model]
    known = {column.name for column in created[name].columns}
    for kind in ("shares", "totals"):
        for position, column in enumerate(raw.get(kind, ())):
            if column not in known:
                raise declaration.error(
                    ("tables", model, kind, position),
                    f"{model} has no column {column}",
                    f"Use some of: {', '.join(sorted(known))}.",
                )
    return MeasuredTable(layer, name, tuple(raw.get("shares", ())), tuple(raw.get("totals", ())))
