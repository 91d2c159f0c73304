"""Reads ``checks.yml`` and joins it with the DDL and ``sources.yml``: what is expected of every table.

The shape is ``checks.schema.json``: editors complete and check against it while one types.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from martech.quality.malformed import RawRules
from martech.quality.tables import CURRENT, NUMBERS, Limits, QualityTable, Reference
from martech.warehouse.ddl import CreateStatement

from include.warehouse.ddl import layer_scripts
from include.warehouse.settings import settings
from include.warehouse.sources import RawTable, load_sources

HERE = Path(__file__).resolve().parent
CHECKS_FILE = HERE / "checks.yml"
SCHEMA = json.loads((HERE / "checks.schema.json").read_text())
LAYERS = ("bronze", "silver", "gold")
OFF = "off"
LONGEST_HISTORY_DAYS = 730  # of tables that keep their partitions for ever


class QualityError(ValueError):
    """checks.yml cannot be used; the message names the file, the key and the cure."""


@dataclass(frozen=True)
class Policy:
    """What holds for all tables.

    :param weights: weight in the score by severity.
    :param healing_days: so many days one run may rebuild.
    """

    weights: Mapping[str, float]
    healing_days: int


@dataclass(frozen=True)
class Declarations:
    """A checked ``checks.yml``.

    :param path: the file.
    :param raw: its content.
    """

    path: Path
    raw: Mapping[str, Any]

    def refuse(self, where: str, problem: str, cure: str) -> QualityError:
        """Return the error for a key."""
        return QualityError(f"{self.path}, {where}: {problem}. {cure}")


def _cure(error: ValidationError) -> str:
    schema: Any = error.schema
    if error.validator == "additionalProperties":
        return f"Use only: {', '.join(schema['properties'])}."
    if error.validator == "required":
        required: Any = error.validator_value
        given: Any = error.instance
        names = [name for name in required if name not in given]
        return (
            "Add " + ", ".join(f"`{name}:` ({_described(schema['properties'].get(name, {}))})" for name in names) + "."
        )
    return f"Write {_described(schema)}."


def _described(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema.get("description") or schema.get("type") or "what checks.schema.json asks for"


@cache
def load_checks(path: Path = CHECKS_FILE) -> Declarations:
    """Read the declarations; a file is read once per process.

    :param path: the YAML file.
    :raises QualityError: where it is not YAML or not of the schema.
    """
    try:
        raw = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise QualityError(f"{path} cannot be read: {error}. Check the indentation and quotes of that line.") from error
    mismatch = best_match(Draft202012Validator(SCHEMA).iter_errors(raw))
    if mismatch is not None:
        where = ".".join(str(part) for part in mismatch.absolute_path) or "the document"
        message = mismatch.message if len(mismatch.message) < 200 else f"{mismatch.message[:197]}..."
        raise QualityError(f"{path}, {where}: {message}. {_cure(mismatch)}")
    return Declarations(path, raw)


def load_policy(path: Path = CHECKS_FILE) -> Policy:
    """Return what holds for all tables.

    :param path: the YAML file.
    :raises QualityError: see :func:`load_checks`.
    """
    raw = load_checks(path).raw
    return Policy(weights=raw["weights"], healing_days=raw["healing"]["max_days"])


def quality_tables(layer: str, path: Path = CHECKS_FILE) -> list[QualityTable]:
    """Return what is expected of every table of a layer, by name. The tables are those of the layer's DDL.

    :param layer: bronze, silver or gold.
    :param path: the YAML file.
    :raises QualityError: for the first declaration that contradicts the DDL.
    """
    checks = load_checks(path)
    created = {
        script.create.table_id: script.create for script in layer_scripts(layer) if script.create.kind == "table"
    }
    declared = checks.raw[layer]
    for name in declared:
        if name not in created:
            raise checks.refuse(
                f"{layer}.{name}", "there is no such table", f"Use one of: {', '.join(sorted(created))}"
            )
    raw_tables = {table.name: table for source in load_sources().values() for table in source.tables}
    tables = []
    for name, create in sorted(created.items()):
        if layer == "bronze":
            tables.append(_bronze_table(checks, create, declared.get(name, {}), raw_tables[name]))
        elif name in declared:
            tables.append(_built_table(checks, layer, create, declared[name]))
        else:
            raise checks.refuse(f"{layer}.{name}", "the table is not declared", "Add it with `expect:`.")
    return tables


def _bronze_table(
    checks: Declarations, create: CreateStatement, raw: Mapping[str, Any], table: RawTable
) -> QualityTable:
    # Fivetran may have made the table: nothing but this check enforces NOT NULL there.
    required = {column.name: 0.0 for column in create.columns if column.mode == "REQUIRED"}
    return _table(
        checks,
        "bronze",
        create,
        raw,
        critical=required,
        partition_field=table.partition_field,
        expect=table.expect,
        loaded_at_field=table.loaded_at_field,
        max_age=timedelta(hours=table.freshness_hours),
    )


def _built_table(checks: Declarations, layer: str, create: CreateStatement, raw: Mapping[str, Any]) -> QualityTable:
    where = f"{layer}.{create.table_id}"
    is_current = raw["expect"] == CURRENT
    if not is_current and create.partition_field is None:
        raise checks.refuse(where, "its DDL declares no partition", "Write expect: current, or partition the table.")
    if is_current and raw.get("drift"):
        raise checks.refuse(f"{where}.drift", "a current table keeps no days to compare with", "Remove drift.")
    if not is_current and "day_field" in raw:
        raise checks.refuse(f"{where}.day_field", "the partition says of which day a row is", "Remove day_field.")
    return _table(
        checks,
        layer,
        create,
        raw,
        critical={},
        partition_field=None if is_current else create.partition_field,
        expect=raw["expect"],
        day_field=raw.get("day_field"),
    )


def _table(
    checks: Declarations,
    layer: str,
    create: CreateStatement,
    raw: Mapping[str, Any],
    *,
    critical: Mapping[str, float],
    **facts: Any,
) -> QualityTable:
    where = f"{layer}.{create.table_id}"
    columns = {column.name: column.data_type for column in create.columns}
    for key in ("critical", "references", "drift", "valid"):
        _require_columns(checks, f"{where}.{key}", raw.get(key, ()), columns)
    if "day_field" in raw:
        _require_columns(checks, f"{where}.day_field", [raw["day_field"]], columns)
    limits = Limits(**{**checks.raw["limits"], **raw.get("limits", {})})
    severity = {**checks.raw["severity"], **raw.get("severity", {})}
    shares = {
        column: limits.null_share if share == "default" else float(share)
        for column, share in raw.get("critical", {}).items()
    }
    return QualityTable(
        layer=layer,
        dataset_id=create.dataset_id,
        name=create.table_id,
        columns=columns,
        critical={**critical, **shares},
        references=tuple(
            _reference(column, reference, limits) for column, reference in raw.get("references", {}).items()
        ),
        drift=tuple(raw.get("drift", ())),
        limits=limits,
        severity={check: level for check, level in severity.items() if level != OFF},
        history_days=create.options.get("partition_expiration_days", LONGEST_HISTORY_DAYS),
        **facts,
    )


def _require_columns(checks: Declarations, where: str, names: Iterable[str], columns: Mapping[str, str]) -> None:
    for name in names:
        if name not in columns:
            cure = f"Use a column of its DDL: {', '.join(columns)}."
            raise checks.refuse(f"{where}.{name}", "there is no such column", cure)
        if where.endswith(".valid") and columns[name] not in NUMBERS:
            raise checks.refuse(
                f"{where}.{name}", f"a range of {columns[name]} is not possible", "Use a number column."
            )


def _reference(column: str, raw: Mapping[str, Any], limits: Limits) -> Reference:
    layer, table, key = raw["to"].split(".")
    return Reference(column, settings.table(layer, table), key, raw.get("orphans", limits.orphan_share))


def raw_rules(source: str | None = None, path: Path = CHECKS_FILE) -> list[RawRules]:
    """Return which rows of the raw tables are malformed.

    :param source: the tables of one source; None for those of all.
    :param path: the YAML file.
    :raises QualityError: see :func:`quality_tables`.
    """
    checks = load_checks(path)
    sources = load_sources()
    chosen = [sources[source]] if source else list(sources.values())
    names = {table.name for entry in chosen for table in entry.tables}
    creates = {script.create.table_id: script.create for script in layer_scripts("bronze")}
    return [
        RawRules(
            dataset_id=creates[name].dataset_id,
            name=name,
            columns={column.name: column.data_type for column in creates[name].columns},
            required=tuple(column.name for column in creates[name].columns if column.mode == "REQUIRED"),
            partition_field=str(creates[name].partition_field),
            ranges={
                column: (bounds.get("at_least"), bounds.get("at_most"))
                for column, bounds in checks.raw["bronze"].get(name, {}).get("valid", {}).items()
            },
        )
        for name in sorted(names)
    ]
