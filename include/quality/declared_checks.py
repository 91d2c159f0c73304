"""Reads ``checks.yml`` and joins it with the DDL and ``sources.yml``: what is expected of every table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from martech.alerts.severity import Severity
from martech.declarations.reader import Declaration, YamlPath, read_declaration
from martech.ingestion.raw_table import SPARSE, RawTable
from martech.quality.malformed import RawRules
from martech.quality.tables import CURRENT, NUMBERS, Limits, QualityTable, Reference
from martech.warehouse.ddl import CreateStatement

from include.landing.enabled_sources import enabled_sources, tells_deliveries
from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import INCLUDE_DIR, settings
from include.pipeline.sources import load_sources

HERE = Path(__file__).resolve().parent
CHECKS_FILE = HERE / "checks.yml"
SCHEMA_FILE = HERE / "checks.schema.json"
LAYERS = ("bronze", "silver", "gold")
OFF = "off"
LONGEST_HISTORY_DAYS = 730  # of tables that keep their partitions forever


@dataclass(frozen=True)
class Policy:
    """What holds for all tables.

    :param weights: weight in the score by severity.
    :param healing_days: so many days one run may rebuild.
    """

    weights: Mapping[str, float]
    healing_days: int


@cache
def load_checks(path: Path = CHECKS_FILE) -> Declaration:
    """Read the declarations; a file is read once per process.

    :param path: the YAML file.
    :raises DeclarationError: where it is not YAML or not of the schema.
    """
    return read_declaration(path, SCHEMA_FILE)


def load_policy(path: Path = CHECKS_FILE) -> Policy:
    """Return what holds for all tables.

    :param path: the YAML file.
    :raises DeclarationError: see :func:`load_checks`.
    """
    raw = load_checks(path).values
    return Policy(weights=raw["weights"], healing_days=raw["healing"]["max_days"])


def quality_tables(layer: str, path: Path = CHECKS_FILE) -> list[QualityTable]:
    """Return what is expected of every table of a layer, by name. The tables are those of the layer's DDL.

    Of a source that is off nothing is expected: its raw tables are left out. Where the connector is asked whether it
    has delivered, a raw table's day without rows is no gap.

    :param layer: bronze, silver or gold.
    :param path: the YAML file.
    :raises DeclarationError: for the first declaration that contradicts the DDL.
    """
    checks = load_checks(path)
    created = {
        script.create.table_id: script.create for script in layer_scripts(layer) if script.create.kind == "table"
    }
    declared = checks.values[layer]
    for name in declared:
        if name not in created:
            raise checks.error((layer, name), "there is no such table", f"Use one of: {', '.join(sorted(created))}.")
    raw_tables = {table.name: table for source in enabled_sources().values() for table in source.tables}
    asked = {table.name for source in enabled_sources().values() if tells_deliveries(source) for table in source.tables}
    tables = []
    for name, create in sorted(created.items()):
        if layer == "bronze":
            if name not in raw_tables:
                continue
            raw = declared.get(name, {})
            if name in asked:
                raw = {**raw, "severity": {"partition_gap": OFF, **raw.get("severity", {})}}
            tables.append(_bronze_table(checks, create, raw, raw_tables[name]))
        elif name in declared:
            tables.append(_built_table(checks, layer, create, declared[name]))
        else:
            raise checks.error((layer, name), "the table is not declared", "Add it with `expect:`.")
    return tables


def is_fed(layer: str, name: str, path: Path = CHECKS_FILE) -> bool:
    """Return whether a source that is on gives a table of silver or gold new rows every day.

    :param layer: silver or gold.
    :param name: the table.
    :param path: the YAML file.
    :raises DeclarationError: where ``fed_by`` names a source that does not exist.
    """
    checks = load_checks(path)
    feeding = checks.values[layer][name].get("fed_by", [])
    known = load_sources()
    for position, source in enumerate(feeding):
        if source not in known:
            where = (layer, name, "fed_by", position)
            raise checks.error(where, "there is no such source", f"Use some of: {', '.join(known)}.")
    return not feeding or any(source in enabled_sources() for source in feeding)


def _bronze_table(
    checks: Declaration, create: CreateStatement, raw: Mapping[str, Any], table: RawTable
) -> QualityTable:
    # Fivetran may have made the table: nothing but this check enforces NOT NULL there.
    required = {column.name: 0.0 for column in create.columns if column.mode == "REQUIRED"}
    # Ingestion knows of the syncs, or of somebody who accepted the day: it has stopped the chain if it had to.
    decided = dict.fromkeys(("freshness", "partition_gap"), Severity.WARNING)
    raw = {**raw, "severity": {**decided, **raw.get("severity", {})}}
    return _table(
        checks,
        "bronze",
        create,
        raw,
        critical=required,
        partition_field=table.partition_field,
        expect=table.expect,
        loaded_at_field=table.loaded_at_field,
        max_age=table.max_age,
    )


def _built_table(checks: Declaration, layer: str, create: CreateStatement, raw: Mapping[str, Any]) -> QualityTable:
    where = (layer, create.table_id)
    is_current = raw["expect"] == CURRENT
    fed = is_fed(layer, create.table_id, checks.path)
    if not is_current and create.partition_field is None:
        raise checks.error(where, "its DDL declares no partition", "Write expect: current, or partition the table.")
    if is_current and raw.get("drift"):
        raise checks.error((*where, "drift"), "a current table keeps no days to compare with", "Remove drift.")
    if not is_current and "day_field" in raw:
        raise checks.error((*where, "day_field"), "the partition says of which day a row is", "Remove day_field.")
    return _table(
        checks,
        layer,
        create,
        raw,
        critical={},
        partition_field=None if is_current else create.partition_field,
        expect=raw["expect"] if fed or is_current else SPARSE,
        # Without such a source the state is of the last day on which anything happened.
        day_field=raw.get("day_field") if fed else None,
    )


def _table(
    checks: Declaration,
    layer: str,
    create: CreateStatement,
    raw: Mapping[str, Any],
    *,
    critical: Mapping[str, float],
    **facts: Any,
) -> QualityTable:
    where = (layer, create.table_id)
    columns = {column.name: column.data_type for column in create.columns}
    for key in ("critical", "references", "drift", "valid"):
        _require_columns(checks, (*where, key), raw.get(key, ()), columns)
    if "day_field" in raw:
        _require_columns(checks, (*where, "day_field"), [raw["day_field"]], columns)
    limits = Limits(**{**checks.values["limits"], **raw.get("limits", {})})
    severity = {**checks.values["severity"], **raw.get("severity", {})}
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
        severity={check: Severity(level) for check, level in severity.items() if level != OFF},
        declared_in=str(CHECKS_FILE.relative_to(INCLUDE_DIR.parent)),
        history_days=create.options.get("partition_expiration_days", LONGEST_HISTORY_DAYS),
        **facts,
    )


def _require_columns(checks: Declaration, where: YamlPath, names: Iterable[str], columns: Mapping[str, str]) -> None:
    for name in names:
        if name not in columns:
            remedy = f"Use a column of its DDL: {', '.join(columns)}."
            raise checks.error((*where, name), "there is no such column", remedy)
        if where[-1] == "valid" and columns[name] not in NUMBERS:
            raise checks.error((*where, name), f"a range of {columns[name]} is not possible", "Use a number column.")


def _reference(column: str, raw: Mapping[str, Any], limits: Limits) -> Reference:
    layer, table, key = raw["to"].split(".")
    return Reference(column, settings.table(layer, table), key, raw.get("orphans", limits.orphan_share))


def raw_rules(source: str | None = None, path: Path = CHECKS_FILE) -> list[RawRules]:
    """Return which rows of the raw tables are malformed.

    :param source: the tables of one source; None for those of all.
    :param path: the YAML file.
    :raises DeclarationError: see :func:`quality_tables`.
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
                for column, bounds in checks.values["bronze"].get(name, {}).get("valid", {}).items()
            },
        )
        for name in sorted(names)
    ]
