"""Moves malformed rows out of raw tables into the quarantine, and back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from martech.quality.malformed import (
    RawRules,
    copy_sql,
    count_sql,
    day_values,
    delete_sql,
    mark_sql,
    parse_sql,
    return_sql,
    rule_values,
)
from martech.warehouse.client import WarehouseClient
from martech.warehouse.statements import require_table, statement

log = logging.getLogger(__name__)


class QuarantineClient(WarehouseClient):
    """Copies, then deletes; every step can be run again, so that a crash between two of them loses and doubles nothing.

    :raises ValueError: for a name that is not a plain identifier.
    """

    @staticmethod
    def _today() -> date:
        return datetime.now(UTC).date()

    def _values(self, rules: RawRules, first: date, last: date, run_id: str) -> dict[str, Any]:
        return {
            **day_values(first, last, self._today()),
            **rule_values(rules),
            "table_name": rules.label,
            "run_id": run_id,
            "now": datetime.now(UTC),
        }

    def count_malformed(self, tables: Sequence[RawRules], first: date, last: date) -> dict[str, int]:
        """Return how many malformed rows each table has in a span of days, by table id: one query for all.

        :param tables: rules of the tables.
        :param first: first data day.
        :param last: last data day.
        """
        sql = "\nunion all\n".join(count_sql(self.project_id, rules) for rules in tables)
        values = day_values(first, last, self._today())
        for rules in tables:
            values |= rule_values(rules)
        return {row.name: row.malformed for row in self.query(sql, **values)}

    def quarantine(self, rules: RawRules, first: date, last: date, *, table: str, run_id: str) -> None:
        """Move the malformed rows of a span of days to the quarantine.

        :param rules: rules of the raw table.
        :param first: first data day.
        :param last: last data day.
        :param table: ``project.dataset.table`` of the quarantine.
        :param run_id: run that does it.
        """
        quarantine = require_table("table", table)
        values = self._values(rules, first, last, run_id)
        self.query(copy_sql(self.project_id, rules, quarantine), **values)
        self.query(delete_sql(self.project_id, rules, quarantine), **values)

    def quarantined(self, table: str) -> list[str]:
        """Return the tables that have rows in the quarantine, as ``dataset.table``.

        :param table: ``project.dataset.table`` of the quarantine.
        """
        rows = self.query(statement("quality/sql/quarantined.sql", quarantine=require_table("table", table)))
        return [row.table_name for row in rows]

    def replay(self, rules: RawRules, *, table: str, run_id: str) -> list[date]:
        """Put back the rows that are good by now, because the rules or the rows were corrected.

        :param rules: rules of the raw table.
        :param table: ``project.dataset.table`` of the quarantine.
        :param run_id: run that does it.
        :return: the days that got rows back.
        """
        quarantine = require_table("table", table)
        today = self._today()
        parsed = list(self.query(parse_sql(rules, quarantine), **self._values(rules, today, today, run_id)))
        good = {row.row_hash: row.day for row in parsed if row.reason is None}
        for reason in sorted({row.reason for row in parsed if row.reason}):
            count = sum(row.reason == reason for row in parsed)
            log.warning("%s: %d rows stay in quarantine, %s.", rules.label, count, reason)
        if not good:
            return []
        values = {**self._values(rules, min(good.values()), max(good.values()), run_id), "hashes": sorted(good)}
        self.query(return_sql(self.project_id, rules, quarantine), **values)
        self.query(mark_sql(quarantine), **values)
        log.info("%s: %d rows replayed.", rules.label, len(good))
        return sorted(set(good.values()))
