"""Compares connectors' tables and bronze with the declarations before anything lands: could ingestion pass?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from google.api_core.exceptions import Forbidden, GoogleAPIError

from martech.ingestion.connector_tables import SHARD, Catalog
from martech.ingestion.fivetran_hook import ConnectionState
from martech.ingestion.landed_table import LandedTable, LandingError, SourceLanding
from martech.ingestion.landing import plan_landing
from martech.ingestion.landing_hook import LandingHook
from martech.ingestion.partition_checks import check_schema
from martech.warehouse.statements import dry_run

OK, WARNING, ERROR = "ok", "warning", "error"
STALE_AFTER = timedelta(hours=24)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Finding:
    """What was found of one thing.

    :param source: name of the source.
    :param subject: dataset, table or connection.
    :param level: ``ok``, ``warning`` (it lands all the same) or ``error`` (ingestion could not pass).
    :param text: what is so and, where it is not ok, the remedy.
    """

    source: str
    subject: str
    level: str
    text: str


def examine_connection(source: str, state: ConnectionState, datasets: Sequence[str]) -> Finding:
    """Return what is to be said of a Fivetran connection.

    :param source: name of the source.
    :param state: what Fivetran says of it.
    :param datasets: datasets that land for the source.
    """
    level, text = OK, f"{state.setup_state}, {state.sync_state}, last success {_minute(state.succeeded_at)}"
    if state.problem:
        level, text = ERROR, state.problem
    elif datasets and state.schema and state.schema not in datasets:
        level = ERROR
        text = f"It writes to dataset {state.schema}, and {', '.join(datasets)} lands: name its dataset."
    elif state.succeeded_at is None:
        level, text = WARNING, "It has never synced: start its first sync, and wait for it before the first run."
    elif state.failed_at and state.failed_at > state.succeeded_at:
        level, text = WARNING, f"Its last sync failed, {_minute(state.failed_at)}: see its log in Fivetran."
    return Finding(source, f"connection {state.connection_id}", level, text)


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"


def examine_landing(
    hook: LandingHook,
    bronze_dataset: str,
    landing: SourceLanding,
    bronze: Mapping[str, Mapping[str, str]],
    now: datetime,
) -> Iterator[Finding]:
    """Yield what is to be said of a source's datasets, the connectors' tables in them and its bronze tables.

    Nothing is read but metadata: BigQuery checks each statement that would land rows without running it, and so the
    permissions too.

    :param hook: asks BigQuery.
    :param bronze_dataset: dataset of the bronze tables.
    :param landing: how the source lands.
    :param bronze: types by column, by bronze table that exists.
    :param now: the time, aware.
    """
    for table in landing.tables:
        yield from _bronze_table(landing.source, f"{bronze_dataset}.{table.name}", table, bronze.get(table.name))
    if not landing.datasets:
        text = f"{landing.variable} names no dataset: something else must fill bronze."
        yield Finding(landing.source, landing.variable, OK, text)
        return
    try:
        catalog = hook.catalog(landing)
    except LandingError as error:
        yield Finding(landing.source, ", ".join(landing.datasets), ERROR, str(error))
        return
    except Forbidden as error:
        yield Finding(landing.source, ", ".join(landing.datasets), ERROR, _forbidden(error))
        return
    for dataset, tables in catalog.items():
        yield _freshness(hook, landing.source, dataset, list(tables), now)
    day = _newest_export(catalog, now.date() - ONE_DAY)
    for table in landing.tables:
        if table.name in bronze:
            yield from _landing(hook, bronze_dataset, landing, table, catalog, day)


def _bronze_table(source: str, name: str, table: LandedTable, columns: Mapping[str, str] | None) -> Iterator[Finding]:
    if columns is None:
        yield Finding(source, name, ERROR, "The bronze table does not exist: run the DAG create_warehouse.")
        return
    for result in check_schema(name, date.min, table.columns, columns):
        if not result.passed:
            yield Finding(source, name, ERROR if result.is_blocking else WARNING, result.message)


def _freshness(hook: LandingHook, source: str, dataset: str, tables: Sequence[str], now: datetime) -> Finding:
    """Return when a connector has last written to a dataset."""
    if not tables:
        text = "It has none of the tables that land: select them in the connector, and wait for its first sync."
        return Finding(source, dataset, ERROR, text)
    changed = [hook.bigquery.get_table(f"{hook.project_id}.{dataset}.{name}").modified for name in tables[-50:]]
    newest = max((moment for moment in changed if moment), default=None)
    if newest is None or now - newest > STALE_AFTER:
        text = f"Nothing has been written since {_minute(newest)}: look whether the connector is paused or broken."
        return Finding(source, dataset, WARNING, text)
    return Finding(source, dataset, OK, f"{len(tables)} tables, last written {_minute(newest)}")


def _newest_export(catalog: Catalog, yesterday: date) -> date:
    """Return the newest day that every export by day has, since a day's table may come late; yesterday at most."""
    newest = yesterday
    for tables in catalog.values():
        matches = [match for name in tables if (match := SHARD.fullmatch(name))]
        if matches:
            newest = min(newest, max(datetime.strptime(match[2], "%Y%m%d").date() for match in matches))
    return newest


def _landing(  # noqa: PLR0913, PLR0917 - what is to land, from where, and when
    hook: LandingHook, bronze_dataset: str, landing: SourceLanding, table: LandedTable, catalog: Catalog, day: date
) -> Iterator[Finding]:
    """Yield what would happen if a day landed in a bronze table now."""
    name = f"{bronze_dataset}.{table.name}"
    try:
        plan = plan_landing(
            hook.project_id, bronze_dataset, landing=landing, table=table, catalog=catalog, window=[day]
        )
        dry_run(hook.bigquery, plan.sql, plan.values)
    except LandingError as error:
        yield Finding(landing.source, name, ERROR, str(error))
        return
    except Forbidden as error:
        yield Finding(landing.source, name, ERROR, _forbidden(error))
        return
    except GoogleAPIError as error:
        text = (
            f"BigQuery refuses its landing: {_said(error)} Compare the connector's tables with {landing.declared_in}."
        )
        yield Finding(landing.source, name, ERROR, text)
        return
    for problem in plan.problems:
        yield Finding(landing.source, name, ERROR, problem)
    for note in plan.notes:
        yield Finding(landing.source, name, WARNING, note)
    if plan.missing:
        text = f"The connector lacks {', '.join(plan.missing)}, which land as NULL: select them there if you want them."
        yield Finding(landing.source, name, WARNING, text)
    if not plan.problems and not plan.notes and not plan.missing:
        yield Finding(landing.source, name, OK, f"{len(table.mapped)} columns mapped, all there")


def _said(error: GoogleAPIError) -> str:
    return str(getattr(error, "message", error)).splitlines()[0].rstrip(".") + "."


def _forbidden(error: GoogleAPIError) -> str:
    return (
        f"The account may not do it: {_said(error)} Give the pipeline's account roles/bigquery.dataViewer on the "
        "connector's dataset, and the roles of deploy/terraform in the project."
    )
