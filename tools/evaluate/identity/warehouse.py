"""The warehouse that is measured, and dbt on it."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import tempfile
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import bigquery

from include.pipeline.settings import DBT_DIR, settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# What turns `int_identity__records` into `identity_map`; the records themselves are given.
IDENTITY_MODELS = ("--select", "int_identity__*", "identity_map", "identity_*", "--exclude", "int_identity__records")


class EvaluationError(ValueError):
    """Nothing can be measured; the message names the fix."""


class Warehouse:
    """BigQuery, or the embedded warehouse where ``BIGQUERY_EMULATOR_HOST`` is set.

    :param variables: dbt variables that replace the project's own, such as ``silver_dataset``.
    """

    def __init__(self, variables: dict[str, Any] | None = None) -> None:
        self.variables = {**settings.variables, **(variables or {})}
        # The embedded warehouse asks for no credentials.
        credentials = AnonymousCredentials() if os.environ.get("BIGQUERY_EMULATOR_HOST") else None
        try:
            self.client = bigquery.Client(settings.project_id, credentials=credentials, location=settings.location)
        except DefaultCredentialsError as error:
            raise EvaluationError(
                "No Google credentials were found. Set BIGQUERY_EMULATOR_HOST for the embedded warehouse, or run "
                "`gcloud auth application-default login` for BigQuery."
            ) from error

    def table(self, layer: str, name: str) -> str:
        """Return ``project.dataset.table`` of a table in a layer's dataset."""
        return f"{settings.project_id}.{self.variables[f'{layer}_dataset']}.{name}"

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Run a query and return its rows."""
        return [dict(row) for row in self.client.query(sql).result()]

    def load(self, table: str, columns: dict[str, str], rows: Iterable[dict[str, Any]]) -> int:
        """Replace a table by rows, which wait on disk, and return their number.

        :param table: ``project.dataset.table``.
        :param columns: BigQuery type by column name.
        """
        with tempfile.TemporaryFile() as file:
            for row in rows:
                file.write(json.dumps(row).encode() + b"\n")
            job = self.client.load_table_from_file(
                file,
                table,
                rewind=True,
                job_config=bigquery.LoadJobConfig(
                    schema=[bigquery.SchemaField(name, kind) for name, kind in columns.items()],
                    source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
                    write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
                ),
            )
            job.result()
        return int(job.output_rows or 0)

    def load_weights(self, weights: dict[tuple[str, str], dict[str, Any]]) -> None:
        """Replace the seed's weights in this warehouse, until the next ``dbt seed``."""
        numbers = ("same_person", "stranger", "housemate", "colleague")
        columns = dict.fromkeys(("comparison", "level", "stranger_basis"), "STRING") | dict.fromkeys(numbers, "FLOAT64")
        rows = ({name: row[name] if row[name] != "" else None for name in columns} for row in weights.values())
        self.load(self.table("intermediate", "identity_weights"), columns, rows)

    def create_datasets(self) -> None:
        """Create the datasets of the intermediate and the silver layer where they are missing."""
        for layer in ("intermediate", "silver"):
            dataset = bigquery.Dataset(f"{settings.project_id}.{self.variables[f'{layer}_dataset']}")
            dataset.location = settings.location
            self.client.create_dataset(dataset, exists_ok=True)

    def drop_datasets(self) -> None:
        """Drop the datasets of the intermediate and the silver layer with all that is in them."""
        for layer in ("intermediate", "silver"):
            name = f"{settings.project_id}.{self.variables[f'{layer}_dataset']}"
            self.client.delete_dataset(name, delete_contents=True, not_found_ok=True)

    def dbt(self, *arguments: str) -> None:
        """Run dbt on this warehouse.

        :raises EvaluationError: where dbt fails, with the end of what it said.
        """
        _run_dbt(*arguments, variables=json.dumps(self.variables))


@cache
def _manifest(variables: str) -> Manifest:
    """Parse the project, once for all commands with these variables."""
    manifest: Manifest = _invoke(None, "parse", variables=variables)
    # It stays: the search for garbage need not walk through it in each command.
    gc.freeze()
    return manifest


def _run_dbt(*arguments: str, variables: str) -> None:
    _invoke(_manifest(variables), *arguments, variables=variables)


def _invoke(manifest: Manifest | None, *arguments: str, variables: str) -> Any:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - seconds, which only who runs dbt has to pay

    said = io.StringIO()
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(said):
        command = ["--quiet", *arguments, "--project-dir", str(DBT_DIR), "--profiles-dir", str(DBT_DIR)]
        command += ["--target-path", scratch, "--log-path", scratch, "--vars", variables]
        done = dbtRunner(manifest).invoke(command)
    if not done.success:
        raise EvaluationError(f"dbt {arguments[0]} failed:\n{said.getvalue()[-3000:]}{done.exception or ''}")
    return done.result
