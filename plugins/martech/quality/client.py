"""What the quality operators ask BigQuery, and what they remember there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from martech.dbt.artifacts import NodeResult
from martech.ingestion.raw_table import DAILY
from martech.quality.column_profiles import (
    ColumnProfile,
    Profiles,
    column_profile_sql,
    read_column_profiles,
)
from martech.quality.healing import Rebuild
from martech.quality.profile import Profile, profile_sql, read_profile
from martech.quality.results import QualityResult
from martech.quality.scores import Score
from martech.quality.tables import QualityTable
from martech.warehouse.partitions_client import PartitionsClient
from martech.warehouse.statements import statement

# A run is cleared and looked at within days; the history of results is partitioned by when they were found.
RUN_LASTS = timedelta(days=30)


class QualityClient(PartitionsClient):
    """Profiles tables, and keeps results, scores and rebuilds.

    :raises ValueError: for a name that is not a plain identifier.
    """

    def profile(self, table: QualityTable, days: Sequence[date]) -> Profile:
        """Return what a table looks like: one query.

        :param table: what is expected of it.
        :param days: checked days, in order.
        """
        rows = self.query(
            profile_sql(self.project_id, table),
            first=days[0],
            last=days[-1],
            after_last=days[-1] + timedelta(days=1),
            baseline_first=days[-1] - timedelta(days=table.limits.drift_days),
        )
        return read_profile(rows)

    def profile_columns(self, table: QualityTable, first: date, last: date, personal: Collection[str]) -> Profiles:
        """Return what every column of a table looks like on each day: one query.

        :param table: what is expected of it.
        :param first: first day.
        :param last: last day; a table of current state is profiled as of it.
        :param personal: columns of which no value may be kept.
        """
        rows = self.query(
            column_profile_sql(self.project_id, table, personal),
            first=first,
            last=last,
            after_last=last + timedelta(days=1),
        )
        return read_column_profiles(rows)

    def column_profiles(self, table: str, layer: str, first: date, last: date) -> dict[str, Profiles]:
        """Return the newest profiles that were kept, by table, column and day.

        :param table: ``project.dataset.table``, shaped like ``include/sql/ops/column_profiles.sql``.
        :param layer: bronze, silver or gold.
        :param first: first data day.
        :param last: last data day.
        """
        found: dict[str, Profiles] = {}
        for row in self.query(
            statement("quality/sql/column_profiles.sql", profiles=table), layer=layer, first=first, last=last
        ):
            columns = found.setdefault(row.table_name, {})
            columns.setdefault(row.column_name, {})[row.profiled_day] = ColumnProfile.from_row(row)
        return found

    def keep_column_profiles(self, table: str, profiled: QualityTable, profiles: Profiles, run_id: str) -> None:
        """Append profiles, all with one time.

        :param table: ``project.dataset.table`` of the profiles.
        :param profiled: the table that they are of.
        :param profiles: profiles by column and day.
        :param run_id: run that profiled.
        """
        head = {
            "profiled_at": datetime.now(UTC).isoformat(),
            "run_id": run_id,
            "layer": profiled.layer,
            "table_name": profiled.label,
        }
        rows = [
            {**head, "profiled_day": day.isoformat(), "column_name": column, **profile.as_row()}
            for column, days in profiles.items()
            for day, profile in days.items()
        ]
        if rows:
            self.append_rows(table, rows)

    def complete_days(self, tables: Sequence[QualityTable], last: date) -> set[date]:
        """Return the days on which every table that lands daily has rows, without reading a table.

        :param tables: the raw tables.
        :param last: newest day to look at.
        """
        daily = [table for table in tables if table.expect == DAILY]
        if not daily:
            return set()
        first = last - timedelta(days=max(table.history_days for table in daily))
        rows = self.rows_by_day(daily[0].dataset_id, [table.name for table in daily], first, last)
        return set.intersection(*({day for day, count in days.items() if count} for days in rows.values()))

    def keep_results(self, table: str, results: Iterable[QualityResult], run_id: str) -> None:
        """Append results, all with one time: it separates the tries of a task.

        :param table: ``project.dataset.table``, shaped like ``include/sql/ops/quality_checks.sql``.
        :param results: results of a layer.
        :param run_id: run that found them.
        """
        now = datetime.now(UTC).isoformat()
        rows = [{"checked_at": now, "run_id": run_id, **result.as_row()} for result in results]
        if rows:
            self.append_rows(table, rows)

    def run_results(self, table: str, run_id: str) -> list[QualityResult]:
        """Return what a run found: of each layer the newest try.

        :param table: ``project.dataset.table`` of the results.
        :param run_id: the run.
        """
        rows = self.query(
            statement("quality/sql/run_results.sql", results=table),
            since=datetime.now(UTC) - RUN_LASTS,
            run_id=run_id,
        )
        return [QualityResult.from_row(row) for row in rows]

    def volumes(self, table: str, first: date, last: date) -> dict[str, dict[date, QualityResult]]:
        """Return the newest volume result by table and day.

        :param table: ``project.dataset.table`` of the results.
        :param first: first data day.
        :param last: last data day.
        """
        rows = self.query(
            statement("quality/sql/volumes.sql", results=table),
            first=first,
            last=last,
        )
        found: dict[str, dict[date, QualityResult]] = {}
        for row in rows:
            found.setdefault(row.table_name, {})[row.checked_day] = QualityResult.from_row(row)
        return found

    def keep_scores(self, table: str, scores: Iterable[Score], day: date, run_id: str) -> None:
        """Append scores.

        :param table: ``project.dataset.table``, shaped like ``include/sql/ops/quality_scores.sql``.
        :param scores: scores of tables and layers.
        :param day: newest data day of the run.
        :param run_id: run that scored.
        """
        head = {"scored_at": datetime.now(UTC).isoformat(), "run_id": run_id, "checked_day": day.isoformat()}
        self.append_rows(
            table,
            [
                {
                    **head,
                    "layer": score.layer,
                    "table_name": score.table,
                    "score": score.score,
                    "checks": score.checks,
                    "errors": score.errors,
                    "warnings": score.warnings,
                }
                for score in scores
            ],
        )

    def scores(self, table: str, first: date, last: date) -> dict[tuple[str, str | None], dict[date, Score]]:
        """Return the newest score by (layer, table) and day; the table of a layer's own score is None.

        :param table: ``project.dataset.table`` of the scores.
        :param first: first data day.
        :param last: last data day.
        """
        rows = self.query(
            statement("quality/sql/scores.sql", scores=table),
            first=first,
            last=last,
        )
        found: dict[tuple[str, str | None], dict[date, Score]] = {}
        for row in rows:
            score = Score(row.layer, row.table_name, row.score, row.checks, row.errors, row.warnings)
            found.setdefault((row.layer, row.table_name), {})[row.checked_day] = score
        return found

    def dbt_results(self, table: str, day: date) -> dict[str, list[NodeResult]]:
        """Return what dbt built last for a data day, by DAG, the slowest first.

        :param table: ``project.dataset.table``, shaped like ``include/sql/ops/dbt_results.sql``.
        :param day: data day.
        """
        rows = self.query(
            statement("quality/sql/dbt_results.sql", dbt_results=table),
            day=day,
        )
        found: dict[str, list[NodeResult]] = {}
        for row in rows:
            found.setdefault(row.dag_id, []).append(NodeResult.from_row(row))
        return found

    def rebuilds(self, table: str) -> list[tuple[str, Rebuild]]:
        """Return every rebuild that was ever asked for, with the run that asked.

        :param table: ``project.dataset.table``, shaped like ``include/sql/ops/quality_healing.sql``.
        """
        rows = self.query(statement("quality/sql/rebuilds.sql", healing=table))
        return [(row.run_id, Rebuild(row.layer, row.rebuilt_day, row.reason)) for row in rows]

    def keep_rebuilds(self, table: str, rebuilds: Iterable[Rebuild], run_id: str) -> None:
        """Append rebuilds before they are asked for.

        :param table: ``project.dataset.table`` of the rebuilds.
        :param rebuilds: what is to be rebuilt.
        :param run_id: run that asks.
        """
        now = datetime.now(UTC).isoformat()
        rows: list[dict[str, Any]] = [
            {
                "planned_at": now,
                "run_id": run_id,
                "layer": rebuild.layer,
                "rebuilt_day": rebuild.day.isoformat(),
                "reason": rebuild.reason,
                "triggered_run_id": rebuild.run_id(run_id),
            }
            for rebuild in rebuilds
        ]
        if rows:
            self.append_rows(table, rows)
