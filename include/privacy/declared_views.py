"""Reads what analysts see of which table (``analyst_views.yml``), with the columns that dbt's contracts declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from martech.declarations.reader import read_declaration
from martech.privacy.analyst_views import AnalystView
from martech.privacy.personal_table import PersonalTable
from martech.warehouse.ddl import CreateStatement

from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import MANIFEST, settings
from include.privacy.declared_personal_data import personal_tables

VIEWS_FILE = Path(__file__).with_name("analyst_views.yml")


def analyst_views(
    tables: Iterable[PersonalTable] | None = None,
    table: Callable[[str], str] = settings.named,
    *,
    path: Path = VIEWS_FILE,
    manifest: Path = MANIFEST,
) -> list[AnalystView]:
    """Return the views that are declared.

    :param tables: what the tables hold; as declared if None.
    :param table: returns the full name of ``layer.table``.
    :param path: the declaration.
    :param manifest: dbt's manifest.
    :raises DeclarationError: where it names a table or a column that no model has.
    """
    declaration = read_declaration(path, path.with_suffix(".schema.json"))
    known = {found.name: found for found in (personal_tables() if tables is None else tables)}
    models = {
        (node["config"]["schema"], node["alias"]): {
            name: column["data_type"] or "" for name, column in node["columns"].items()
        }
        for node in load_manifest(manifest)["nodes"].values()
        if node["resource_type"] == "model"
    }
    views = []
    for name, entry in declaration.values["views"].items():
        layer = entry["layer"]
        columns = models.get((layer, name))
        if columns is None:
            raise declaration.error(
                ("views", name), f"no model of {layer} has this name", "Name a table that analysts are to read."
            )
        for key in ("pseudonyms", "elements", "left_out", "urls", "shared"):
            for column in entry.get(key, ()):
                if column not in columns:
                    raise declaration.error(
                        ("views", name, key), f"{name} has no column {column}", f"Use one of: {', '.join(columns)}."
                    )
        views.append(
            AnalystView(
                # Of a view nothing personal is declared: it has none, or is no table for analysts.
                table=known.get(table(f"{layer}.{name}")) or PersonalTable(table(f"{layer}.{name}")),
                columns=columns,
                description=entry["description"],
                domain=entry["domain"],
                left_out=tuple(entry.get("left_out", ())),
                pseudonyms=entry.get("pseudonyms", {}),
                elements=entry.get("elements", {}),
                urls=tuple(entry.get("urls", ())),
                shared=tuple(entry.get("shared", ())),
                k=declaration.values["k"],
            )
        )
    return views


def view_statements(
    views: Iterable[AnalystView] | None = None, table: Callable[[str], str] = settings.named
) -> list[tuple[CreateStatement, str]]:
    """Return what creates each view, and its SQL.

    :param views: the views; as declared if None.
    :param table: returns the full name of ``layer.table``.
    """
    return [
        view.create(
            table(f"analytics.{view.table.table_id}"),
            key=table("secrets.pseudonym_key"),
            customers=table("silver.customer_360"),
            leads=table("silver.unified_leads"),
        )
        for view in (analyst_views() if views is None else views)
    ]
