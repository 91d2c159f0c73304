"""Reads the sync declarations (``syncs/*.yml``, of the shape ``sync.schema.json``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from martech.activation.sync import NOTIFY, AdConsent, Column, Condition, Consent, Limits, Sync
from martech.declarations.reader import Declaration, read_declaration

HERE = Path(__file__).resolve().parent
SYNCS_DIR = HERE / "syncs"
SCHEMA_FILE = HERE / "sync.schema.json"
ADDRESS = {"givenName", "familyName", "regionCode", "postalCode"}


def _condition(raw: dict[str, Any]) -> Condition:
    operator = next(key for key in raw if key != "column")
    return Condition(raw["column"], operator, raw[operator])


def load_sync(path: Path) -> Sync:
    """Read one declaration.

    :param path: the YAML file.
    :raises DeclarationError: where the file is not YAML, not of the schema, or contradicts itself.
    """
    declaration = read_declaration(path, SCHEMA_FILE)
    raw: dict[str, Any] = declaration.values
    if raw["name"] != path.stem:
        raise declaration.error(("name",), f"{raw['name']!r} is not the file's name", f"Write name: {path.stem}.")
    source, consent, destination = raw["source"], raw["consent"], dict(raw["destination"])
    _check_columns(declaration, has_join="join" in source)
    if raw["mode"] == NOTIFY and "refresh_days" in raw["limits"]:
        raise declaration.error(("limits", "refresh_days"), "mode notify tells once", "Remove the key.")
    _check_destination(declaration, destination, {column["to"] for column in raw["columns"]})
    return Sync(
        name=raw["name"],
        description=raw["description"],
        owner=raw["owner"],
        schedule=raw["schedule"],
        model=source["model"],
        key=source["key"],
        join=(source["join"]["model"], source["join"]["using"]) if "join" in source else None,
        where=tuple(_condition(condition) for condition in source.get("where", [])),
        read_only=_condition(source["read_only"]) if "read_only" in source else None,
        consent=Consent(
            consent["model"],
            consent["key"],
            consent["person"],
            _condition(consent["granted"]),
            AdConsent(**consent["ads"]) if "ads" in consent else None,
        ),
        destination=destination.pop("type"),
        connection=destination.pop("connection"),
        options=destination,
        mode=raw["mode"],
        columns=tuple(Column(**column) for column in raw["columns"]),
        limits=Limits(**raw["limits"]),
        path=path,
    )


def _check_columns(declaration: Declaration, *, has_join: bool) -> None:
    targets: set[str] = set()
    for index, column in enumerate(declaration.values["columns"]):
        at = ("columns", index)
        if column["to"] in targets:
            raise declaration.error((*at, "to"), f"{column['to']} is mapped twice", "Keep one of the two columns.")
        targets.add(column["to"])
        if column["column"].startswith("joined.") and not has_join:
            raise declaration.error(
                (*at, "column"), "there is no joined model", "Declare source.join or remove `joined.`."
            )
        if "decimals" in column and column.get("type") != "number":
            raise declaration.error((*at, "decimals"), "only numbers have decimals", "Add type: number.")
        if column.get("pii") == "hash_sha256" and "normalise" not in column:
            raise declaration.error(
                (*at, "pii"),
                "a hash of a value that is not normalised matches nothing",
                "Add normalise: email, phone, name, country or text.",
            )


def _check_destination(declaration: Declaration, destination: dict[str, Any], targets: set[str]) -> None:
    if destination.get("external_id") in targets:
        raise declaration.error(
            ("destination", "external_id"),
            "the key is sent as the external id anyway",
            f"Remove {destination['external_id']} from columns.",
        )
    for index, column in enumerate(declaration.values["columns"]):
        if "subscription_group" in column and destination["type"] != "braze":
            raise declaration.error(
                ("columns", index, "subscription_group"), "only Braze has subscription groups", "Remove the key."
            )
    if destination["type"] == "google_conversions":
        if missing := sorted({"eventTimestamp", "conversionValue", "currency"} - targets):
            raise declaration.error(("columns",), f"a conversion needs {', '.join(missing)}", "Map them.")
        if not targets & {"gclid", "gbraid", "wbraid", "emailAddress", "phoneNumber"}:
            raise declaration.error(("columns",), "nobody could be matched", "Map a click id or an identifier.")
    if destination["type"] == "google_data_manager":
        if targets & ADDRESS and not targets >= ADDRESS:
            raise declaration.error(
                ("columns",),
                f"Google matches an address by all of its parts; {', '.join(sorted(ADDRESS - targets))} missing",
                "Map givenName, familyName, regionCode and postalCode, or none of them.",
            )
        if not targets & {"emailAddress", "phoneNumber"}:
            raise declaration.error(("columns",), "nobody could be matched", "Map emailAddress or phoneNumber.")


def load_syncs(directory: Path = SYNCS_DIR) -> list[Sync]:
    """Read all declarations of a folder, in the order of their names.

    :raises DeclarationError: for the first wrong one.
    """
    return [load_sync(path) for path in sorted(directory.glob("*.yml"))]
