"""The SQL files of a layer (``include/sql/<layer>/*.sql``), rendered with this warehouse's settings."""

from __future__ import annotations

from pathlib import Path

from martech.warehouse.ddl import CreateStatement, DdlError, Script, load_scripts, parse_create, render

from include.pipeline.settings import SQL_DIR, settings

__all__ = ["CreateStatement", "DdlError", "Script", "layer_files", "layer_scripts", "table_statement"]


def layer_files(layer: str) -> list[Path]:
    """Return the SQL files of a layer, by name.

    :param layer: folder in ``include/sql``: bronze, silver, gold, ops or secrets.
    :raises DdlError: where the folder has no SQL file.
    """
    files = sorted((SQL_DIR / layer).glob("*.sql"))
    if not files:
        raise DdlError(f"{SQL_DIR / layer} has no .sql file: name one of the folders in {SQL_DIR}.")
    return files


def layer_scripts(layer: str) -> list[Script]:
    """Return the rendered and parsed files of a layer, in the order of creation.

    :param layer: folder in ``include/sql``.
    :raises DdlError: for the first file that cannot be used.
    """
    return load_scripts(layer_files(layer), settings.sql_context)


def table_statement(layer: str, table: str) -> CreateStatement:
    """Return what the DDL of one table or view declares.

    :param layer: folder in ``include/sql``.
    :param table: file name without ``.sql``.
    :raises DdlError: where the file is missing or cannot be used.
    """
    path = SQL_DIR / layer / f"{table}.sql"
    return parse_create(render(path, settings.sql_context), str(path))
