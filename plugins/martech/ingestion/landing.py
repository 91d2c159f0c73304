"""Plan how a connector's tables land in a bronze table: what is read, what is missing, and the statement.

A statement has three parts: a CTE per connector table, in which all connections are united, every declared column has
its declared type and a missing one is NULL; the CTEs of the table's SQL file, the last of which is ``final``; and what
is generated here: append the versions that are not there yet, or replace the rows of days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from martech.ingestion.connector_tables import Catalog, Findings, days_that_can_land, origins, tables_of
from martech.ingestion.landed_table import CONNECTION, SYNCED, LandedTable, LandingError, SourceLanding
from martech.ingestion.landing_inputs import input_cte
from martech.warehouse.statements import Sql, require_identifier, statement

FINAL = "final"
ONE_DAY = timedelta(days=1)


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
    findings = Findings()
    inputs = {
        source: tables_of(source, landing, catalog, (wanted[0] - ONE_DAY, wanted[-1] + ONE_DAY))
        for source in table.inputs
    }
    days = days_that_can_land(inputs, landing, wanted, window, findings)
    if not days:
        raise LandingError(" ".join(findings.problems))
    ctes = [input_cte(project_id, landing, source, relations, findings) for source, relations in inputs.items()]
    body = Sql(",\n".join([*ctes, table.ctes]))
    target = f"{project_id}.{bronze_dataset}.{require_identifier('table', table.name)}"
    return Plan(
        _append(target, table, body) if table.appends else _replace(target, table, body),
        tuple(days),
        tuple(dict.fromkeys(findings.missing)),
        tuple(dict.fromkeys(findings.notes)),
        tuple(findings.problems),
        origins(project_id, landing, inputs[table.inputs[0]]) if table.appends else (),
    )


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
