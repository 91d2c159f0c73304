"""Examines every source that is on, and prints what was found."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import AirflowException
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from martech.declarations.reader import DeclarationError
from martech.ingestion.examination import ERROR, OK, WARNING, Finding, examine_connection, examine_landing
from martech.ingestion.fivetran_hook import FivetranError, FivetranHook
from martech.ingestion.landing_hook import LandingHook
from martech.warehouse.partitions_client import PartitionsClient

from include.landing.declared_landings import source_landing
from include.landing.enabled_sources import enabled_sources
from include.pipeline.settings import SettingsError, settings
from include.pipeline.sources import Source, load_sources

FIVETRAN = "AIRFLOW_CONN_FIVETRAN_DEFAULT"
TEXT_WIDTH = 88


def findings() -> Iterator[Finding]:
    """Yield what is to be said of every source.

    :raises GoogleAPIError: where BigQuery does not answer at all.
    """
    where = {
        "project_id": settings.project_id,
        "location": settings.location,
        "maximum_bytes_billed": settings.maximum_bytes_billed,
    }
    landing_hook, partitions = LandingHook(**where), PartitionsClient(**where)
    bronze = settings.layers["bronze"].dataset
    enabled = enabled_sources()
    names = [table.name for source in enabled.values() for table in source.tables]
    found: dict[str, dict[str, str]] = {}
    try:
        found = partitions.columns(bronze, names)
    except AirflowException as error:  # the dataset of bronze is missing
        yield Finding("bronze", bronze, ERROR, str(error))
    for name, source in load_sources().items():
        if name not in enabled:
            yield Finding(name, "", OK, "off")
            continue
        landing = source_landing(name)
        yield from _connections(source, landing.datasets)
        yield from examine_landing(landing_hook, bronze, landing, found, datetime.now(UTC))


def _connections(source: Source, datasets: Sequence[str]) -> Iterator[Finding]:
    ids = [part.strip() for part in os.environ.get(source.fivetran_connection_env, "").split(",") if part.strip()]
    for connection_id in ids:
        subject = f"connection {connection_id}"
        if FIVETRAN not in os.environ:
            text = f"Not asked: set {FIVETRAN} to the JSON of Airflow's connection, with the API key as login."
            yield Finding(source.name, subject, WARNING, text)
            continue
        try:
            yield examine_connection(source.name, FivetranHook().state(connection_id), datasets)
        except (FivetranError, ValueError) as error:
            yield Finding(source.name, subject, ERROR, str(error))


def print_table(rows: Sequence[Finding]) -> None:
    """Print one line per finding, and more where its text is long.

    :param rows: what was found.
    """
    titles = ("source", "subject", "level")
    cells = [titles, *((row.source, row.subject, row.level) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    texts = ["what, and the remedy", *(row.text for row in rows)]
    for row_cells, text in zip(cells, texts, strict=True):
        first, *more = textwrap.wrap(text, TEXT_WIDTH)
        print(*(cell.ljust(width) for cell, width in zip(row_cells, widths, strict=True)), first, sep="  ")
        for line in more:
            print(" " * (sum(widths) + 2 * len(widths)) + line)


def main() -> int:
    """Examine and print; return 1 where ingestion could not pass."""
    try:
        rows = list(findings())
    except (DeclarationError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    except (GoogleAPIError, GoogleAuthError) as error:
        print(
            f"BigQuery cannot be asked about {settings.project_id}: {str(error).splitlines()[0]} Check "
            "MARKETING_PROJECT_ID and MARKETING_LOCATION, sign in (gcloud auth application-default login), and run "
            "the DAG create_warehouse, which makes the tables.",
            file=sys.stderr,
        )
        return 1
    print_table(rows)
    errors = sum(row.level == ERROR for row in rows)
    print(
        f"\n{errors} errors, {sum(row.level == WARNING for row in rows)} warnings: ingestion "
        + ("could not pass." if errors else "can start.")
    )
    return 1 if errors else 0
