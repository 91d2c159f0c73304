"""dbt on one project of the embedded warehouse: what the tests of models talk to."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.warehouse.ddl import load_scripts

from include.pipeline.layer_ddl import layer_files
from include.pipeline.settings import settings
from tests.dbt_project import manifest_of, parsed_project, run_dbt
from tools.sample_sources.loader import load

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# The days on which the small sample of all sources (fixture `sample_days`) lands.
FIRST_DAY = date(2026, 11, 17)
LAST_DAY = date(2026, 11, 20)
# Of all samples of these tests.
SEED = 7


@dataclass(frozen=True)
class DbtWarehouse:
    """One project of the embedded warehouse, and dbt on it.

    :param project: Google Cloud project id of this warehouse.
    :param url: address of the embedded warehouse.
    :param work: directory for dbt's target and logs.
    """

    project: str
    url: str
    work: Path

    @property
    def client(self) -> bigquery.Client:
        """A client of the project."""
        return bigquery.Client(self.project, credentials=AnonymousCredentials())

    @property
    def sql_context(self) -> dict[str, Any]:
        """What the project's SQL is rendered with, of this project."""
        return {**settings.sql_context, "project_id": self.project}

    @property
    def manifest(self) -> Path:
        """The manifest of the project as it was parsed, for the default Google Cloud project."""
        return parsed_project()[1]

    def table(self, name: str) -> str:
        """Return the full name of ``layer.table``."""
        layer, _, table = name.partition(".")
        return f"{self.project}.{settings.layers[layer].dataset}.{table}"

    def query(self, sql: str, layer: str = "intermediate") -> list[dict[str, Any]]:
        """Run a statement and return its rows.

        :param sql: GoogleSQL.
        :param layer: layer of the tables that are named without a dataset.
        """
        dataset = f"{self.project}.{settings.layers[layer].dataset}"
        job = self.client.query(sql, job_config=bigquery.QueryJobConfig(default_dataset=dataset))
        return [dict(row) for row in job.result()]

    def rows(self, table: str, layer: str = "intermediate") -> list[dict[str, Any]]:
        """Return all rows of a table, in any order.

        :param layer: layer of the table.
        """
        return [dict(row) for row in self.client.list_rows(self.client.get_table(self.table(f"{layer}.{table}")))]

    def create_datasets(self) -> None:
        """Create the datasets of all layers."""
        for layer in settings.layers.values():
            self.query(f"create schema if not exists `{self.project}.{layer.dataset}`")

    def create_layer(self, layer: str) -> None:
        """Create the tables and views of a layer from ``include/sql``.

        :param layer: folder in ``include/sql``.
        """
        for script in load_scripts(layer_files(layer), self.sql_context):
            self.query(script.sql)

    def land(self, directory: Path, start: date, end: date) -> None:
        """Load what landed in bronze from ``start`` to ``end``.

        :param directory: what ``tools.sample_sources generate`` wrote.
        """
        assert not load(directory, start=start, end=end, project=self.project).failed

    def insert(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Append rows to a bronze table.

        :param table: table in bronze.
        :param rows: JSON values by column.
        """
        target = f"{self.project}.{settings.layers['bronze'].dataset}.{table}"
        lines = io.BytesIO("\n".join(json.dumps(row) for row in rows).encode())
        config = bigquery.LoadJobConfig(source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON)
        self.client.load_table_from_file(lines, target, job_config=config).result()

    def dbt(self, *arguments: str, start: date, end: date) -> str:
        """Run a dbt command for a window of data days, both included.

        :param arguments: such as ``"build", "--select", "staging"``.
        :raises AssertionError: with dbt's output where it fails.
        """
        return self._run_dbt(manifest_of(self.project), *arguments, start=start, end=end)

    def compiled(self, *selection: str, start: date, end: date) -> dict[str, str]:
        """Return the SQL of models and data tests, by name, as a run of the window would run it.

        :param selection: names; all of the project without.
        :raises AssertionError: with dbt's output where it fails.
        """
        manifest = manifest_of(self.project)
        chosen = ("--select", *selection) if selection else ()
        self._run_dbt(manifest, "compile", *chosen, start=start, end=end)
        return {node.name: sql for node in manifest.nodes.values() if (sql := getattr(node, "compiled_code", None))}

    def _run_dbt(self, manifest: Manifest, *arguments: str, start: date, end: date) -> str:
        environment = {
            "DBT_TARGET": "local",
            "BIGQUERY_EMULATOR_HOST": self.url,
            "MARKETING_PROJECT_ID": self.project,
            "MARKETING_START_DATE": start.isoformat(),
            "MARKETING_END_DATE": end.isoformat(),
        }
        # Writing down the whole project takes as long as building a model.
        command = (*arguments, "--no-write-json")
        return run_dbt(*command, work=self.work, environment=environment, manifest=manifest)[1]

    def build_models(self, *arguments: str, start: date, end: date) -> None:
        """Build models and their seeds for a window of data days, both included, without dbt's tests.

        :param arguments: such as ``"--select", "staging"``; all of the project without.
        :raises AssertionError: with dbt's output where it fails.
        """
        self.dbt("build", "--exclude-resource-type", "test", "unit_test", *arguments, start=start, end=end)
