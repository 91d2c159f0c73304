"""Reads ``include/landing/*.yml`` and joins it with the DDL, sources.yml and the SQL of ``include/sql/landing``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import sqlglot
from martech.declarations.reader import Declaration, read_declaration
from martech.ingestion.landed_table import CONNECTION, SYNCED, InputColumn, InputTable, LandedTable, SourceLanding
from martech.ingestion.raw_table import RawTable
from sqlglot import exp

from include.pipeline.layer_ddl import table_statement
from include.pipeline.settings import SQL_DIR, settings
from include.pipeline.sources import load_sources

HERE = Path(__file__).resolve().parent
SCHEMA_FILE = HERE / "landing.schema.json"
QUERIES = SQL_DIR / "landing"
QUERY = re.compile(r"(?P<comment>(?:--[^\n]*\n)*)with\n(?P<ctes>.*)\n\nselect \* from (?P<last>\w+)\n", re.DOTALL)
CURRENTS = "braze_currents"
NOT_KEPT = "No model reads it: personal data that nobody needs is not kept (not_kept in sources.yml)."
DATASET = re.compile(r"[A-Za-z0-9_]{1,1024}")


def _names(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def landing_files() -> list[Path]:
    """Return the declarations, by name."""
    return sorted(HERE.glob("*.yml"))


@cache
def _declarations(directory: Path) -> tuple[Declaration, ...]:
    declarations = tuple(read_declaration(path, SCHEMA_FILE) for path in sorted(directory.glob("*.yml")))
    known = [table.name for source in load_sources().values() for table in source.tables]
    for declaration in declarations:
        if declaration.values["connector"] == CURRENTS:
            raise declaration.error(
                ("connector",),
                "Currents writes files of events to a bucket, and neither profiles nor campaigns nor tables",
                "Read it by Fivetran's connector of Braze and write `fivetran`, or fill bronze and write `none`.",
            )
        for name in declaration.values["fills"]:
            if name not in known:
                raise declaration.error(("fills", name), "there is no such table", f"Use one of: {', '.join(known)}.")
    return declarations


def connections(directory: Path = HERE) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return connector and datasets of every source; no DDL and no SQL is read for it.

    :param directory: folder of the declarations.
    :raises DeclarationError: for the first declaration that does not fit its schema, or a dataset that is none.
    """
    declarations = _declarations(directory)
    datasets = _datasets(declarations)
    return {
        name: (declaration.values["connector"], datasets[declaration.values["datasets"]])
        for name, source in load_sources().items()
        for declaration in declarations
        if any(table.name in declaration.values["fills"] for table in source.tables)
    }


def sources_by_dataset(directory: Path = HERE) -> dict[str, str]:
    """Return the sources that deliver into each connector's dataset, between commas.

    :param directory: folder of the declarations.
    :raises DeclarationError: see :func:`connections`.
    """
    names: dict[str, list[str]] = {}
    for source, (_, datasets) in connections(directory).items():
        for dataset in datasets:
            names.setdefault(dataset, []).append(source)
    return {dataset: ", ".join(sources) for dataset, sources in names.items()}


def exports_by_day(directory: Path = HERE) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...], int]]:
    """Yield of each export whose ``keep_days`` are declared: variable, datasets, prefixes of tables of days, days.

    :param directory: folder of the declarations.
    :raises DeclarationError: see :func:`connections`.
    """
    declarations = _declarations(directory)
    datasets = _datasets(declarations)
    for declaration in declarations:
        if "keep_days" in declaration.values:
            prefixes = [prefix for table in declaration.values["reads"].values() for prefix in table.get("shards", [])]
            variable = declaration.values["datasets"]
            yield variable, datasets[variable], tuple(prefixes), declaration.values["keep_days"]


def dataset_variables(directory: Path = HERE) -> dict[str, str]:
    """Return by source the environment variable that names the datasets of its connections.

    :param directory: folder of the declarations.
    :raises DeclarationError: for the first declaration that does not fit its schema.
    """
    return {
        name: declaration.values["datasets"]
        for name, source in load_sources().items()
        for declaration in _declarations(directory)
        if any(table.name in declaration.values["fills"] for table in source.tables)
    }


@cache
def source_landing(source: str, directory: Path = HERE) -> SourceLanding:
    """Return how a source lands, with the datasets that the environment names.

    :param source: name of the source.
    :param directory: folder of the declarations.
    :raises DeclarationError: for the first declaration that does not fit its schema, the DDL or its SQL.
    :raises KeyError: for a source that no declaration fills.
    """
    raw_tables = load_sources()[source].tables
    datasets = _datasets(_declarations(directory))
    for declaration in _declarations(directory):
        tables = [table for table in raw_tables if table.name in declaration.values["fills"]]
        if tables:
            return SourceLanding(
                source=source,
                connector=declaration.values["connector"],
                datasets=datasets[declaration.values["datasets"]],
                variable=declaration.values["datasets"],
                declared_in=declaration.path.name,
                tables=tuple(_landed_table(declaration, table) for table in tables),
            )
    raise KeyError(f"No file of {directory} fills a table of {source}: add one.")


def load_landings(directory: Path = HERE) -> dict[str, SourceLanding]:
    """Return how all sources land, by name of the source.

    :param directory: folder of the declarations.
    :raises DeclarationError: see :func:`source_landing`.
    """
    return {source: source_landing(source, directory) for source in load_sources()}


def _datasets(declarations: Iterable[Declaration]) -> dict[str, tuple[str, ...]]:
    """Return the datasets of the connections by variable; one dataset belongs to one connection."""
    found: dict[str, tuple[str, ...]] = {}
    users: dict[str, str] = {}
    for declaration in declarations:
        variable = declaration.values["datasets"]
        names = tuple(part.strip() for part in os.environ.get(variable, "").split(",") if part.strip())
        for name in names:
            if not DATASET.fullmatch(name):
                raise declaration.error(
                    ("datasets",), f"{variable} names {name!r}, which is no dataset", "Write ids between commas."
                )
            if name in users:
                raise declaration.error(
                    ("datasets",),
                    f"{variable} names dataset {name}, which {users[name]} names too",
                    "Two connections in one dataset write to the same tables (`user`): give each its own.",
                )
            users[name] = variable
        found[variable] = names
    return found


def _landed_table(declaration: Declaration, raw: RawTable) -> LandedTable:
    target = declaration.values["fills"][raw.name]
    types = _types(raw.name)
    absent = {**dict.fromkeys(raw.not_kept, NOT_KEPT), **target.get("absent", {})}
    ctes, outputs, used = _query(declaration, raw.name)
    for name in absent:
        if name not in types:
            raise declaration.error(("fills", raw.name, "absent", name), "there is no such column", "Remove it.")
    unknown = [name for name in types if name not in absent and name not in outputs]
    if unknown:
        raise declaration.error(
            ("fills", raw.name),
            f"nothing says where {', '.join(unknown)} come from",
            "Read them in `reads`, make them in include/sql/landing, or name them under `absent` with the reason.",
        )
    appends = raw.kind == "entity" and "replaces" not in target
    main, *others = (_input(declaration, name, ctes) for name in used)
    return LandedTable(
        name=raw.name,
        columns=types,
        partition_field=raw.partition_field,
        appends=appends,
        key=tuple(target["key"]),
        # Versions are known by the time of the sync; days need none.
        inputs=(replace(main, required=(*target["key"], *([SYNCED] if appends else []))), *others),
        ctes=ctes,
        absent=absent,
        late_arrival_days=_late_arrival_days(declaration, raw.name),
    )


def _late_arrival_days(declaration: Declaration, table: str) -> int:
    """Return how far back days are replaced: as far as dbt rebuilds them."""
    variable = declaration.values["fills"][table].get("late_arrival", "late_arrival_days")
    days = settings.variables.get(variable)
    if not isinstance(days, int):
        raise declaration.error(
            ("fills", table, "late_arrival"),
            f"dbt has no var {variable} with a number of days",
            "Name one of include/dbt/dbt_project.yml.",
        )
    return days


def _query(declaration: Declaration, table: str) -> tuple[str, set[str], list[str]]:
    """Return the CTEs of a table, the columns of the last one, and the inputs that they read."""
    main = declaration.values["fills"][table]["from"]
    reads = declaration.values["reads"]
    if main not in reads:
        raise declaration.error(("fills", table, "from"), f"`reads` has no {main}", f"Use one of: {', '.join(reads)}.")
    columns = {name: [*_input_columns(declaration, name), SYNCED, CONNECTION] for name in reads}
    path = QUERIES / f"{table}.sql"
    if not path.exists():
        return f"final as (select * from {main})", set(columns[main]), [main]  # noqa: S608 - a name of the schema
    parts = [_ctes(declaration, table, path)]
    tables = _tables_read(parts[0])
    for step in declaration.values.get("steps", []):
        if step in tables:
            parts.insert(0, _ctes(declaration, table, QUERIES / "steps" / f"{step}.sql"))
            tables |= _tables_read(parts[0])
    ctes = ",\n\n".join(parts)
    return ctes, set(_outputs(ctes, columns)), [main, *(name for name in reads if name in tables and name != main)]


def _ctes(declaration: Declaration, table: str, path: Path) -> str:
    last = "final" if path.parent == QUERIES else path.stem
    match = QUERY.fullmatch(path.read_text())
    if not match or match["last"] != last:
        raise declaration.error(
            ("fills", table),
            f"{path.name} does not end in the CTE {last} and a select of all its columns",
            "Write its CTEs first and end it so, since they become part of a larger statement.",
        )
    return match["ctes"]


@cache
def _parsed(ctes: str) -> exp.Select:
    return sqlglot.parse_one(f"with {ctes} select 1", read="bigquery", into=exp.Select)


def _tables_read(ctes: str) -> set[str]:
    return {table.name for table in _parsed(ctes).find_all(exp.Table)}


def _outputs(ctes: str, columns: Mapping[str, list[str]]) -> list[str]:
    """Return the columns of the last CTE; ``x.*`` has those of the CTE or input ``x``."""
    known = dict(columns)
    names: list[str] = []
    for cte in _parsed(ctes).args["with_"].expressions:
        select = cte.this
        while isinstance(select, exp.SetOperation):
            select = select.this  # a union has the names of its first part
        names = list(_projected(select, known))
        known[cte.alias] = names
    return names


def _relations(select: exp.Select) -> dict[str, str]:
    """Return the tables of a SELECT by the names that it has for them."""
    tables = [select.args["from_"].this] if select.args.get("from_") else []
    tables += [join.this for join in select.args.get("joins") or []]
    return {table.alias_or_name: table.name for table in tables}


def _projected(select: exp.Select, known: Mapping[str, list[str]]) -> Iterator[str]:
    relations = _relations(select)
    for item in select.expressions:
        star = item if isinstance(item, exp.Star) else item.this if isinstance(item, exp.Column) else None
        if not isinstance(star, exp.Star):
            yield item.alias_or_name
            continue
        of = [item.table] if isinstance(item, exp.Column) else list(relations)
        left_out = {name.name for name in star.args.get("except_") or []}
        for relation in of:
            yield from (name for name in known.get(relations[relation], []) if name not in left_out)


@cache
def _types(table: str) -> dict[str, str]:
    return {column.name: column.data_type for column in table_statement("bronze", table).columns}


def _bronze_types(declaration: Declaration, name: str) -> dict[str, str]:
    """Return the types of the bronze columns that an input fills under their own names."""
    types: dict[str, str] = {}
    for table, target in declaration.values["fills"].items():
        if target["from"] == name:
            types |= _types(table)
    return types


def _input_columns(declaration: Declaration, name: str) -> dict[str, InputColumn]:
    """Return the columns of an input by the names that SQL has for them, without those that each input has."""
    declared = declaration.values["reads"][name]
    types = _bronze_types(declaration, name)
    renamed = {column: (column,) for column in declared.get("columns", [])}
    renamed |= {column: _names(names) for column, names in declared.get("renamed", {}).items()}
    columns = {}
    for column, names in renamed.items():
        if column not in types:
            raise declaration.error(
                ("reads", name),
                f"no bronze table that is filled from {name} has a column {column}",
                "Correct the name, or move it to `helpers` with its type.",
            )
        columns[column] = InputColumn(column, types[column], names)
    for column, helper in declared.get("helpers", {}).items():
        given = {"type": helper} if isinstance(helper, str) else helper
        columns[column] = InputColumn(
            column, given["type"].upper(), tuple(given.get("names", [column])), given.get("prefix", "")
        )
    for column, fields in declared.get("custom_fields", {}).items():
        pairs = fields.items() if isinstance(fields, dict) else ((field, field) for field in fields)
        columns[column] = InputColumn(column, "JSON", fields=tuple(pairs))
    return columns


def _needed(ctes: str, name: str, columns: Iterable[InputColumn]) -> tuple[InputColumn, ...]:
    """Return the columns of an input that the CTEs read, so that others that are missing are not reported."""
    parsed = _parsed(ctes)
    for select in parsed.find_all(exp.Select):
        relations = _relations(select)
        for item in select.expressions:
            star = item.this if isinstance(item, exp.Column) else item
            of = [item.table] if isinstance(item, exp.Column) else list(relations)
            if isinstance(star, exp.Star) and name in {relations[relation] for relation in of}:
                return tuple(columns)
    named = {column.name for column in parsed.find_all(exp.Column)}
    return tuple(column for column in columns if column.name in named)


def _input(declaration: Declaration, name: str, ctes: str) -> InputTable:
    declared = declaration.values["reads"][name]
    return InputTable(
        name=name,
        columns=_needed(ctes, name, _input_columns(declaration, name).values()),
        names=_names(declared.get("table", [])),
        shards=tuple(declared.get("shards", [])),
        optional=declared.get("optional", False),
        keeps_history=declared.get("keeps_history", False),
        fallback_after_hours=declared.get("fallback_after_hours"),
    )
