"""The SQL that reads a connector's table: all its connections united, every declared column in its declared type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from martech.ingestion.connector_tables import Findings, Relation, address, sync_times
from martech.ingestion.landed_table import CONNECTION, SYNCED, InputColumn, InputTable, LandingError, SourceLanding
from martech.ingestion.landing_columns import convert, find_column, normalized, object_of, parameter_columns
from martech.warehouse.statements import require_identifier

ACTIVE, HISTORY_START = "_fivetran_active", "_fivetran_start"
STATES_OF_A_VERSION = {normalized(ACTIVE), normalized(HISTORY_START)}


def input_cte(
    project_id: str, landing: SourceLanding, source: InputTable, relations: Sequence[Relation], findings: Findings
) -> str:
    """Return the CTE of a connector's table, with all its connections."""
    columns = [*source.columns, InputColumn(SYNCED, "TIMESTAMP", sync_times(landing))]
    selects = []
    united = []
    for number, group in enumerate(_of_one_shape(relations), start=1):
        relation, rows = group[0], address(project_id, group[0])
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


def _of_one_shape(relations: Iterable[Relation]) -> list[list[Relation]]:
    """Return the tables of a connection that have the same columns together, such as those of the days of an export."""
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[Relation]] = {}
    for relation in relations:
        groups.setdefault((relation.dataset, tuple(relation.columns.items())), []).append(relation)
    return list(groups.values())


def _columns_read(columns: Iterable[InputColumn], relation: Relation) -> list[str]:
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


def _rows_of(project_id: str, group: Sequence[Relation], names: Iterable[str]) -> str:
    """Return the query of all rows of tables that have the same columns.

    :param project_id: Google Cloud project of the tables.
    :param group: the tables.
    :param names: the columns that are read.
    """
    columns = ", ".join(f"`{require_identifier('column', name)}`" for name in names)
    selects = [f"    select {columns} from {address(project_id, table)}" for table in group]  # noqa: S608 - validated
    return "\n    union all\n".join(selects)


def _column(
    landing: SourceLanding, source: InputTable, tables: Sequence[Relation], column: InputColumn, findings: Findings
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


def _current_rows(source: InputTable, relation: Relation, findings: Findings) -> str:
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
