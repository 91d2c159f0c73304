"""What the letter asks BigQuery beside the metrics' queries."""

from __future__ import annotations

from datetime import UTC, datetime

from martech.dashboards.client import DashboardClient
from martech.letters.week import Week
from martech.warehouse.statements import statement


class LetterClient(DashboardClient):
    """Reads gold, and keeps which channels have taken which letter."""

    def sent_channels(self, sent_table: str, week: Week) -> set[str]:
        """Return the channels that have taken the letter of a week.

        :param sent_table: ``project.dataset.table`` of what was sent.
        :param week: the week.
        """
        rows = self.query(statement("letters/sql/sent_channels.sql", sent=sent_table), first=week.first)
        return {row.channel for row in rows}

    def record_sent(self, sent_table: str, week: Week, channel: str, run_id: str) -> None:
        """Keep that a channel has taken the letter of a week.

        :param sent_table: ``project.dataset.table`` of what was sent.
        :param week: the week.
        :param channel: the channel.
        :param run_id: Airflow run that sent it.
        """
        row = {
            "week": week.first.isoformat(),
            "channel": channel,
            "run_id": run_id,
            "sent_at": datetime.now(UTC).isoformat(),
        }
        self.append_rows(sent_table, [row])
