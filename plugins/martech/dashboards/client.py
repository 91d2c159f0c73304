"""What the pages ask BigQuery beside the metrics' queries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template

from martech.dashboards.cube import Cube, read_cube
from martech.privacy.analyst_views import PSEUDONYM_LENGTH
from martech.quality.client import QualityClient
from martech.quality.scores import Score
from martech.warehouse.statements import statement

# What was checked, sent or scored longer ago is no news.
RECENT = timedelta(days=30)
MOST_CALLS = 50

Rows = list[dict[str, Any]]


class DashboardClient(QualityClient):
    """Reads gold and what is kept about it.

    :raises ValueError: for a name that is not a plain identifier.
    """

    def cubes(
        self,
        manifest: Mapping[str, Any],
        folder: Path,
        names: Mapping[str, Any],
        days: Mapping[str, tuple[date, date]],
    ) -> dict[str, Cube]:
        """Return the answers of saved queries of the metrics, by the query's name.

        :param manifest: dbt's manifest, which says which metrics a query has.
        :param folder: folder of the queries' SQL, Jinja templates.
        :param names: project and datasets, for this SQL.
        :param days: first and last day by query.
        """
        metrics = {query["name"]: query["query_params"]["metrics"] for query in manifest["saved_queries"].values()}
        cubes = {}
        for query, (first, last) in days.items():
            text = Template((folder / f"{query}.sql").read_text(), undefined=StrictUndefined).render(names)
            # A query of what is so today names no days.
            values = {"first": first, "last": last} if "@first" in text else {}
            cubes[query] = read_cube((dict(row) for row in self.query(text, **values)), metrics[query])
        return cubes

    def newest_scores(self, scores_table: str, today: date) -> dict[tuple[str, str | None], tuple[date, Score]]:
        """Return the newest score and its day by (layer, table); the table of a layer's own score is None.

        :param scores_table: ``project.dataset.table`` of the scores.
        :param today: the day it is.
        """
        scores = self.scores(scores_table, today - RECENT, today)
        return {key: max(by_day.items(), key=lambda item: item[0]) for key, by_day in scores.items()}

    def failed_checks(self, results_table: str) -> Rows:
        """Return what the newest check of each layer found to be wrong.

        :param results_table: ``project.dataset.table`` of the results.
        """
        return self._rows("failed_checks", results=results_table, values={"since": datetime.now(UTC) - RECENT})

    def calls(self, customers_table: str, key_table: str, *, named: bool) -> Rows:
        """Return who needs a call and why, those with the most revenue first.

        :param customers_table: ``project.dataset.table`` of the customers' health.
        :param key_table: ``project.dataset.table`` of the key of pseudonyms.
        :param named: whether names are shown, and not pseudonyms.
        """
        return self._rows(
            "calls",
            customers=customers_table,
            key=key_table,
            named=int(named),
            pseudonym_length=PSEUDONYM_LENGTH,
            values={"most": MOST_CALLS},
        )

    def costs(self, costs_table: str, first: date, last: date) -> Cube:
        """Return what BigQuery's jobs cost by day and DAG.

        :param costs_table: ``project.dataset.table`` of the costs.
        :param first: first day.
        :param last: last day.
        """
        return read_cube(self._rows("costs", costs=costs_table, values={"first": first, "last": last}), ("cost_usd",))

    def syncs(self, runs_table: str) -> Rows:
        """Return the newest run of each sync.

        :param runs_table: ``project.dataset.table`` of the syncs' runs.
        """
        return self._rows("syncs", runs=runs_table, values={"since": datetime.now(UTC) - RECENT})

    def _rows(self, file: str, *, values: Mapping[str, Any], **names: Any) -> Rows:
        return [dict(row) for row in self.query(statement(f"dashboards/sql/{file}.sql", **names), **values)]
