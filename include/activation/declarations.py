"""Reads the sync declarations (``syncs/*.yml``) and refuses a wrong one with its line and the cure.

The shape is ``sync.schema.json``: editors complete and check against it while one types.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from martech.activation.sync import Column, Condition, Consent, Limits, Sync

HERE = Path(__file__).resolve().parent
SYNCS_DIR = HERE / "syncs"
SCHEMA = json.loads((HERE / "sync.schema.json").read_text())

YamlPath = tuple[str | int, ...]


class SyncError(ValueError):
    """A declaration cannot be used; the message names file, line and the cure."""


def _lines(node: yaml.Node, path: YamlPath = ()) -> dict[YamlPath, int]:
    """Return the line of every value in a YAML document."""
    lines = {path: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines |= _lines(value, (*path, key.value))
            # A wrong key is reported where it is written, not where its value starts.
            lines[(*path, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines |= _lines(value, (*path, index))
    return lines


def _cure(error: ValidationError) -> str:
    schema: Any = error.schema
    if error.validator == "required":
        required: Any = error.validator_value
        given: Any = error.instance
        names = [name for name in required if name not in given]
        known = schema.get("properties", {})
        what = [f"`{name}:` ({_described(known[name])})" if name in known else f"`{name}:`" for name in names]
        return f"Add {', '.join(what)}."
    if error.validator == "additionalProperties":
        return f"Use only: {', '.join(schema['properties'])}."
    return f"Write {_described(schema)}."


def _described(schema: Any) -> str:
    if not isinstance(schema, dict):
        return "a value"
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema.get("description") or schema.get("type") or "what sync.schema.json asks for"


def _problem(path: Path, lines: dict[YamlPath, int], at: YamlPath, problem: str, cure: str) -> SyncError:
    while at not in lines:
        at = at[:-1]
    where = ".".join(str(part) for part in at) or "the document"
    return SyncError(f"{path}:{lines[at]}: {where}: {problem}. {cure}")


def _condition(raw: dict[str, Any]) -> Condition:
    operator = next(key for key in raw if key != "column")
    return Condition(raw["column"], operator, raw[operator])


def load_sync(path: Path) -> Sync:
    """Read one declaration.

    :param path: the YAML file.
    :raises SyncError: where the file is not YAML, not of the schema, or contradicts itself.
    """
    text = path.read_text()
    try:
        raw = yaml.safe_load(text)
        document = yaml.compose(text, Loader=yaml.SafeLoader)
        lines = _lines(document) if document else {(): 1}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise SyncError(
            f"{path}:{line}: this is not YAML ({getattr(error, 'problem', error)}). "
            "Check the indentation and quotes of this line and the one above."
        ) from error
    mismatch = best_match(Draft202012Validator(SCHEMA).iter_errors(raw))
    if mismatch is not None:
        at = tuple(mismatch.absolute_path)
        if mismatch.validator == "additionalProperties":
            schema: Any = mismatch.schema
            at = (*at, next(key for key in mismatch.instance if key not in schema["properties"]))
        message = mismatch.message if len(mismatch.message) < 200 else f"{mismatch.message[:197]}..."
        raise _problem(path, lines, at, message, _cure(mismatch))

    def refuse(at: YamlPath, problem: str, cure: str) -> SyncError:
        return _problem(path, lines, at, problem, cure)

    if raw["name"] != path.stem:
        raise refuse(("name",), f"{raw['name']!r} is not the file's name", f"Write name: {path.stem}.")
    source, consent, destination = raw["source"], raw["consent"], dict(raw["destination"])
    targets: set[str] = set()
    for index, column in enumerate(raw["columns"]):
        if column["to"] in targets:
            raise refuse(("columns", index, "to"), f"{column['to']} is mapped twice", "Keep one of the two columns.")
        targets.add(column["to"])
        if column["column"].startswith("joined.") and "join" not in source:
            raise refuse(
                ("columns", index, "column"), "there is no joined model", "Declare source.join or drop joined."
            )
        if "decimals" in column and column.get("type") != "number":
            raise refuse(("columns", index, "decimals"), "only numbers have decimals", "Add type: number.")
        if column.get("pii") == "hash_sha256" and "normalise" not in column:
            raise refuse(
                ("columns", index, "pii"),
                "a hash of a value that is not normalised matches nothing",
                "Add normalise: email, phone, name, country or text.",
            )
    if destination.get("external_id") in targets:
        raise refuse(
            ("destination", "external_id"),
            "the key is sent as the external id anyway",
            f"Remove {destination['external_id']} from columns.",
        )
    if destination["type"] == "google_data_manager":
        _check_identifiers(targets, refuse)
    return Sync(
        name=raw["name"],
        description=raw["description"],
        owner=raw["owner"],
        schedule=raw["schedule"],
        model=source["model"],
        key=source["key"],
        join=(source["join"]["model"], source["join"]["using"]) if "join" in source else None,
        where=tuple(_condition(condition) for condition in source.get("where", [])),
        consent=Consent(consent["model"], consent["key"], consent["person"], _condition(consent["granted"])),
        destination=destination.pop("type"),
        connection=destination.pop("connection"),
        options=destination,
        mode=raw["mode"],
        columns=tuple(Column(**column) for column in raw["columns"]),
        limits=Limits(**raw["limits"]),
        path=path,
    )


def _check_identifiers(targets: set[str], refuse: Any) -> None:
    address = {"givenName", "familyName", "regionCode", "postalCode"}
    if targets & address and not address <= targets:
        raise refuse(
            ("columns",),
            f"Google matches an address by all of its parts; {', '.join(sorted(address - targets))} missing",
            "Map givenName, familyName, regionCode and postalCode, or none of them.",
        )
    if not targets & {"emailAddress", "phoneNumber"}:
        raise refuse(("columns",), "nobody could be matched", "Map emailAddress or phoneNumber.")


def load_syncs(directory: Path = SYNCS_DIR) -> list[Sync]:
    """Read all declarations of a folder, in the order of their names.

    :raises SyncError: for the first wrong one.
    """
    return [load_sync(path) for path in sorted(directory.glob("*.yml"))]
