"""Plan how a connector's tables land in a bronze table: what is read, what is missing, and the statement.

A statement has three parts: a CTE per connector table, in which all connections are united, every declared column has
its declared type and a missing one is NULL; the CTEs of the table's SQL file, the last of which is ``final``; and what
is generated here: append the versions that are not there yet, or replace the rows of days.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from martech.ingestion.landing_columns import convert, find_column, normalized, object_of, parameter_columns
from martech.warehouse.statements import Sql, require_identifier, statement

SYNCED = "_fivetran_synced"
# What stands for the time of the sync where a connector writes none: Salesforce's time of the last change, the end of
# the day that Google Ads reports on.
SYNC_TIMES = {"salesforce_transfer": (SYNCED, "SystemModstamp"), "google_ads_transfer": (SYNCED, "_DATA_DATE")}
# Connectors that keep a table per account, whose id of ten digits ends its name: ads_Campaign_1234567890.
ACCOUNT_TABLES = {"google_ads_transfer"}
ACCOUNT = re.compile(r"_\d{10}$")
CONNECTION = "_connection"
ACTIVE, HISTORY_START = "_fivetran_active", "_fivetran_start"
STATES_OF_A_VERSION = {normalized(ACTIVE), normalized(HISTORY_START)}
FINAL = "final"
SHARD = re.compile(r"(.*?)(\d{8})")
ONE_DAY = timedelta(days=1)

# Types by column, by table, by dataset: what INFORMATION_SCHEMA.COLUMNS says.
Catalog = Mapping[str, Mapping[str, Mapping[str, str]]]


class LandingError(ValueError):
    """A bronze table cannot land; the message names the connector's table and the remedy."""


@dataclass(frozen=True)
class InputColumn:
    """A column that landing reads.

    :param name: what SQL calls it.
    :param data_type: type in which SQL gets it.
    :param names: columns of the connector's table, the first that exists is read.
    :param prefix: a JSON object of all columns that begin so, where none of ``names`` exists.
    :param fields: a JSON object of other columns, instead of ``names``: key, and column of the connector's table.
    """

    name: str
    data_type: str
    names: tuple[str, ...] = ()
    prefix: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class InputTable:
    """A connector's table, as SQL reads it.

    :param name: the CTE that holds it.
    :param names: tables of the connector, the first that exists is read.
    :param shards: prefixes of tables of one day (``events_`` for ``events_20261122``); of a day the first that exists.
    :param columns: what is read of it.
    :param optional: whether a connector may lack it; SQL then sees no rows.
    :param keeps_history: whether older versions of a row are part of the table by design.
    :param required: columns without which no row can land.
    :param fallback_after_hours: so long after the end of a day another shard than the first will do; None never.
    """

    name: str
    columns: tuple[InputColumn, ...]
    names: tuple[str, ...] = ()
    shards: tuple[str, ...] = ()
    optional: bool = False
    keeps_history: bool = False
    required: tuple[str, ...] = ()
    fallback_after_hours: int | None = None


@dataclass(frozen=True)
class LandedTable:
    """A bronze table and what fills it.

    :param name: table id in bronze.
    :param columns: declared types by column, in the order of the DDL.
    :param partition_field: DATE or TIMESTAMP column whose day is the partition.
    :param appends: True where versions are appended, False where the rows of days are replaced.
    :param key: what identifies a record.
    :param inputs: connector tables that its SQL reads, first the one whose rows it has.
    :param ctes: CTEs, the last of which is ``final``.
    :param absent: columns that no connector has, with the reason.
    :param late_arrival_days: so many days before the window land too: what came after they had landed.
    """

    name: str
    columns: Mapping[str, str]
    partition_field: str
    appends: bool
    key: tuple[str, ...]
    inputs: tuple[InputTable, ...]
    ctes: str
    absent: Mapping[str, str]
    late_arrival_days: int

    @property
    def mapped(self) -> tuple[str, ...]:
        """Columns that a connector fills."""
        return tuple(name for name in self.columns if name not in self.absent and name != CONNECTION)


@dataclass(frozen=True)
class SourceLanding:
    """How a source lands.

    :param source: name of the source.
    :param connector: what delivers it; ``none`` where somebody else fills bronze.
    :param datasets: datasets of its connections; none where it is not set up.
    :param variable: environment variable that names the datasets.
    :param declared_in: file of the declaration, for messages.
    :param tables: its bronze tables.
    """

    source: str
    connector: str
    datasets: tuple[str, ...]
    variable: str
    declared_in: str
    tables: tuple[LandedTable, ...] = ()


@dataclass(frozen=True)
class Plan:
    """One statement, and what is to be reported about it.

    :param sql: GoogleSQL with the parameters ``first``, ``last`` and ``days``.
    :param days: days that land: of rows that synced, or of partitions that are replaced.
    :param missing: declared columns that a connection lacks, as ``table.column``, and tables that none has.
    :param notes: sentences for the log.
    :param problems: sentences about what could not land, with the remedy.
    :param origins: connectors' tables whose rows are appended, with the SQL of their time of the sync.
    """

    sql: Sql
    days: tuple[date, ...]
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    origins: tuple[tuple[str, Sql], ...] = ()

    @property
    def values(self) -> dict[str, date | list[date]]:
        """Values of the statement's parameters."""
        return {"first": min(self.days), "last": max(self.days), "days": list(self.days)}


@dataclass(frozen=True)
class _Relation:
    """A table of one connection."""

    dataset: str
    table: str
    columns: Mapping[str, str]
    day: date | None = None


@dataclass
class _Findings:
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def plan_landing(  # noqa: PLR0913 - where it lands, what is known of the sources, and when
    project_id: str,
    bronze_dataset: str,
    *,
    landing: SourceLanding,
    table: LandedTable,
    catalog: Catalog,
    window: Sequence[date],
) -> Plan:
    """Return the statement that lands a window of data days in a bronze table.

    :param project_id: Google Cloud project of all datasets.
    :param bronze_dataset: dataset of the bronze table.
    :param landing: how the source lands.
    :param table: the bronze table.
    :param catalog: what the datasets of the connections have.
    :param window: data days, in order.
    :raises LandingError: where a table or column is missing that nothing can stand in for, has another
        type, or where no day of the window has been exported.
    """
    wanted = [window[0] - ONE_DAY * ago for ago in range(table.late_arrival_days, 0, -1)] + list(window)
    findings = _Findings()
    inputs = {
        source: _relations(source, landing, catalog, (wanted[0] - ONE_DAY, wanted[-1] + ONE_DAY))
        for source in table.inputs
    }
    days = _days_that_can_land(inputs, landing, wanted, window, findings)
    if not days:
        raise LandingError(" ".join(findings.problems))
    ctes = [_input_cte(project_id, landing, source, relations, findings) for source, relations in inputs.items()]
    body = Sql(",\n".join([*ctes, table.ctes]))
    target = f"{project_id}.{bronze_dataset}.{require_identifier('table', table.name)}"
    return Plan(
        _append(target, table, body) if table.appends else _replace(target, table, body),
        tuple(days),
        tuple(dict.fromkeys(findings.missing)),
        tuple(dict.fromkeys(findings.notes)),
        tuple(findings.problems),
        _origins(project_id, landing, inputs[table.inputs[0]]) if table.appends else (),
    )


def _origins(project_id: str, landing: SourceLanding, relations: Iterable[_Relation]) -> tuple[tuple[str, Sql], ...]:
    """Return the tables whose rows a bronze table has, with the SQL of their time of the sync."""
    found = [(relation, find_column(_sync_times(landing), relation.columns)) for relation in relations]
    return tuple(
        (_address(project_id, relation).strip("`"), Sql(convert(synced, "TIMESTAMP")))
        for relation, synced in found
        if synced is not None
    )


def _sync_times(landing: SourceLanding) -> tuple[str, ...]:
    return SYNC_TIMES.get(landing.connector, (SYNCED,))


def _relations(
    source: InputTable, landing: SourceLanding, catalog: Catalog, span: tuple[date, date]
) -> list[_Relation]:
    """Return what a connector's table is called in each connection."""
    found = []
    for dataset in landing.datasets:
        tables = catalog.get(dataset, {})
        sharded = _sharded(source, dataset, tables, span)
        if sharded:
            found += sharded
            continue
        if landing.connector in ACCOUNT_TABLES:
            names = _account_tables(source, tables)
        else:
            names = _one_table(source, dataset, tables)
        found += [_Relation(dataset, name, tables[name]) for name in names]
        if not names and not source.optional and not source.shards:
            raise LandingError(
                f"Dataset {dataset} has no table {' or '.join(source.names)}, which {landing.connector} delivers. "
                "Select the table in the connector and sync it; where it has another name, add that to "
                f"`table` in {landing.declared_in}. Then clear this task."
            )
    return found


def _account_tables(source: InputTable, tables: Iterable[str]) -> list[str]:
    """Return the tables of all accounts; several may be transferred to one dataset."""
    wanted = {normalized(name) for name in source.names}
    return sorted(name for name in tables if ACCOUNT.search(name) and normalized(ACCOUNT.sub("", name)) in wanted)


def _one_table(source: InputTable, dataset: str, tables: Iterable[str]) -> list[str]:
    for wanted in source.names:
        same = [name for name in tables if normalized(name) == normalized(wanted)]
        if len(same) > 1:
            raise LandingError(
                f"Dataset {dataset} has the tables {' and '.join(sorted(same))}, which are one table of a connector: "
                "two connections write to it. Give each connection a dataset of its own."
            )
        if same:
            return same
    return []


def _sharded(
    source: InputTable, dataset: str, tables: Mapping[str, Mapping[str, str]], span: tuple[date, date]
) -> list[_Relation]:
    """Return the table of each day of a span."""
    shards: dict[str, dict[str, str]] = {}
    for name in tables:
        match = SHARD.fullmatch(name)
        if match and match[1] in source.shards:
            shards.setdefault(match[2], {})[match[1]] = name
    relations = []
    for suffix, by_prefix in sorted(shards.items()):
        day = date(int(suffix[:4]), int(suffix[4:6]), int(suffix[6:]))
        if span[0] <= day <= span[1]:
            name = next(by_prefix[prefix] for prefix in source.shards if prefix in by_prefix)
            relations.append(_Relation(dataset, name, tables[name], day))
    return relations


def _days_that_can_land(
    inputs: Mapping[InputTable, Sequence[_Relation]],
    landing: SourceLanding,
    wanted: Sequence[date],
    window: Sequence[date],
    findings: _Findings,
) -> list[date]:
    """Return the days whose tables all connections have; what is missing of the window is a problem."""
    days = set(wanted)
    for source, relations in inputs.items():
        if not source.shards or source.optional:
            continue
        for dataset in landing.datasets:
            own = [relation for relation in relations if relation.dataset == dataset]
            if own and own[0].day is None:
                continue  # not an export by day: the connector's one table has all days
            missing = set(wanted) - {relation.day for relation in own if relation.day}
            days -= missing
            for day in sorted(missing & set(window)):
                findings.problems.append(
                    f"Dataset {dataset} has no table {source.shards[0]}{day:%Y%m%d}: the export of {day} has not come. "
                    "Check the BigQuery link of the Analytics property (its daily export, and its limit of events), "
                    "then clear this task; rows of other days have landed."
                )
    return sorted(days)


def _input_cte(
    project_id: str, landing: SourceLanding, source: InputTable, relations: Sequence[_Relation], findings: _Findings
) -> str:
    """Return the CTE of a connector's table, with all its connections."""
    columns = [*source.columns, InputColumn(SYNCED, "TIMESTAMP", _sync_times(landing))]
    selects = []
    united = []
    for number, group in enumerate(_of_one_shape(relations), start=1):
        relation, rows = group[0], _address(project_id, group[0])
        if len(group) > 1:
            # Columns are read once, and not once per day: the statement of a month has a tenth of the length.
            rows = f"{require_identifier('input', source.name)}_tables_{number}"
            united.append(f"{rows} as (\n{_rows_of(project_id, group, _columns_read(columns, relation))}\n)")
        if parameters := parameter_columns([column.names for column in columns], relation.columns):
            table, rows = rows, f"{require_identifier('input', source.name)}_parameters_{number}"
            added = ",\n        ".join(["*", *parameters])
            united.append(f"{rows} as (\n    select\n        {added}\n    from {table}\n)")
        dataset = require_identifier("dataset", relation.dataset)
        lines = [f"'{dataset}' as {CONNECTION}"]
        for column in columns:
            expression = _column(landing, source, group, column, findings)
            lines.append(f"{expression} as {require_identifier('column', column.name)}")
        select = "        " + ",\n        ".join(lines)
        selects.append(f"    select\n{select}\n    from {rows}{_current_rows(source, relation, findings)}")
    if not selects:
        findings.notes.append(
            f"No connection has {' or '.join(source.names or source.shards)}: its columns stay empty. Select the "
            "table in the connector where you want them."
        )
        findings.missing.append(f"table {' or '.join(source.names or source.shards)}")
        lines = [f"cast(null as string) as {CONNECTION}"]
        lines += [f"cast(null as {column.data_type.lower()}) as {column.name}" for column in columns]
        selects.append(
            "    select\n        " + ",\n        ".join(lines) + "\n    from unnest([1]) as none\n    where false"
        )
    whole = f"{require_identifier('input', source.name)} as (\n" + "\n    union all\n".join(selects) + "\n)"
    return ",\n".join([*united, whole])


def _of_one_shape(relations: Iterable[_Relation]) -> list[list[_Relation]]:
    """Return the tables of a connection that have the same columns together, such as those of the days of an export."""
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[_Relation]] = {}
    for relation in relations:
        groups.setdefault((relation.dataset, tuple(relation.columns.items())), []).append(relation)
    return list(groups.values())


def _columns_read(columns: Iterable[InputColumn], relation: _Relation) -> list[str]:
    """Return the columns of a table of which something is read, in the table's order."""
    read = {
        found.column
        for column in columns
        for names in (column.names, *([name] for _, name in column.fields))
        if (found := find_column(names, relation.columns))
    }
    prefixes = tuple(column.prefix for column in columns if column.prefix)
    return [
        name
        for name in relation.columns
        if name in read or name.startswith(prefixes) or normalized(name) in STATES_OF_A_VERSION
    ]


def _rows_of(project_id: str, group: Sequence[_Relation], names: Iterable[str]) -> str:
    """Return the query of all rows of tables that have the same columns.

    :param project_id: Google Cloud project of the tables.
    :param group: the tables.
    :param names: the columns that are read.
    """
    columns = ", ".join(f"`{require_identifier('column', name)}`" for name in names)
    selects = [f"    select {columns} from {_address(project_id, table)}" for table in group]  # noqa: S608 - validated
    return "\n    union all\n".join(selects)


def _address(project_id: str, relation: _Relation) -> str:
    dataset, table = require_identifier("dataset", relation.dataset), require_identifier("table", relation.table)
    return f"`{project_id}.{dataset}.{table}`"


def _column(
    landing: SourceLanding, source: InputTable, tables: Sequence[_Relation], column: InputColumn, findings: _Findings
) -> str:
    """Return the SQL of a column in tables of one connection and shape; a typed NULL where they have none."""
    relation = tables[0]
    null = f"cast(null as {column.data_type.lower()})"
    label = f"{relation.dataset}.{relation.table}"
    if column.fields:
        found = {key: find_column([name], relation.columns) for key, name in column.fields}
        for name in [name for key, name in column.fields if found[key] is None]:
            findings.notes.append(
                f"{label} has no column {name}: the custom field was removed or renamed. Remove it from "
                f"`custom_fields` in {landing.declared_in}, or give it back in the source."
            )
            findings.missing += [f"{table.table}.{name}" for table in tables]
        columns = {key: value.expression for key, value in found.items() if value is not None}
        return object_of(columns) if columns else null
    value = find_column(column.names, relation.columns)
    if value is None and column.prefix:
        columns = {
            name.removeprefix(column.prefix): f"`{name}`" for name in relation.columns if name.startswith(column.prefix)
        }
        return object_of(columns) if columns else null
    if value is None and column.name in source.required:
        raise LandingError(
            f"{label} has no column {' or '.join(column.names)}, without which no row can land. Select it in the "
            f"connector, or name another column in {landing.declared_in}."
        )
    if value is None:
        if column.name != SYNCED:
            findings.missing += [f"{table.table}.{' or '.join(column.names)}" for table in tables]
        return null
    if column.name == SYNCED and value.data_type == "DATE":
        return f"timestamp_sub(timestamp(date_add({value.expression}, interval 1 day)), interval 1 microsecond)"
    converted = convert(value, column.data_type)
    if converted is None:
        raise LandingError(
            f"{label}: column {value.expression.replace('`', '')} is {value.data_type}, which cannot be read as "
            f"{column.data_type}. Correct the type in the connector, or name another column for "
            f"{source.name}.{column.name} in {landing.declared_in}."
        )
    return converted


def _current_rows(source: InputTable, relation: _Relation, findings: _Findings) -> str:
    """Return the condition that leaves out older versions of a connector in history mode."""
    active = find_column([ACTIVE], relation.columns)
    if source.keeps_history or active is None:
        return ""
    if find_column([HISTORY_START], relation.columns):
        findings.notes.append(
            f"{relation.dataset}.{relation.table} is in history mode: only its active versions land. Switch the table "
            "to soft delete mode in the connector; bronze keeps the history itself."
        )
    return f"\n    where coalesce({convert(active, 'BOOL')}, true)"


def _listed(names: Iterable[str], alias: str = "") -> Sql:
    """Return names of columns between commas, of one relation where an alias is given."""
    prefix = f"{alias}." if alias else ""
    return Sql(", ".join(f"{prefix}{require_identifier('column', name)}" for name in names))


def _values(table: LandedTable) -> Sql:
    """Return the columns of the bronze table, read from ``final`` with the types of the DDL."""
    lines = []
    for name, data_type in table.columns.items():
        value = "null" if name in table.absent else f"{FINAL}.{require_identifier('column', name)}"
        # A JSON column is no cast's target; it is made as JSON by the SQL or is NULL.
        is_json = data_type == "JSON" and value != "null"
        lines.append(value if is_json else f"cast({value} as {data_type.lower()}) as {name}")
    return Sql(",\n        ".join(lines))


def _append(target: str, table: LandedTable, ctes: Sql) -> Sql:
    """Return the statement that appends versions which synced in the window and are not there yet."""
    identity = [*table.key, CONNECTION, SYNCED]
    return statement(
        "ingestion/sql/append_versions.sql",
        table=target,
        columns=_listed(table.columns),
        ctes=ctes,
        values=_values(table),
        identity=_listed(identity),
        final_identity=_listed(identity, FINAL),
        landing_columns=_listed(table.columns, "landing"),
        same=Sql(" and ".join(f"landing.{name} = landed.{name}" for name in identity)),
        field=table.partition_field,
        kind=table.columns[table.partition_field].lower(),
    )


def _replace(target: str, table: LandedTable, ctes: Sql) -> Sql:
    """Return the statement that replaces the rows of days, in one step."""
    field = require_identifier("partition_field", table.partition_field)
    if table.columns[field] == "DATE":
        old, new = f"bronze.{field} in unnest(@days)", f"{FINAL}.{field} in unnest(@days)"
    else:
        # The bounds have the column's own type, so that BigQuery prunes partitions.
        old = (
            f"bronze.{field} >= timestamp(@first) and bronze.{field} < timestamp(date_add(@last, interval 1 day)) "
            f"and date(bronze.{field}) in unnest(@days)"
        )
        new = f"date({FINAL}.{field}) in unnest(@days)"
    return statement(
        "ingestion/sql/replace_days.sql",
        table=target,
        columns=_listed(table.columns),
        ctes=ctes,
        values=_values(table),
        old=Sql(old),
        new=Sql(new),
    )
