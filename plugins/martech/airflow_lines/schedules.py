"""A schedule for DAGs that assets trigger and that can be backfilled day by day all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.timetables.interval import CronDataIntervalTimetable

try:
    from airflow.sdk import AssetOrTimeSchedule
except ImportError:  # Airflow 2.11 calls assets datasets
    from airflow.timetables.datasets import DatasetOrTimeSchedule

    def AssetOrTimeSchedule(*, timetable: Timetable, assets: list[Asset]) -> DatasetOrTimeSchedule:  # noqa: N802
        return DatasetOrTimeSchedule(timetable=timetable, datasets=assets)


if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Asset
    from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable


class DailyBackfillTimetable(CronDataIntervalTimetable):
    """Daily data intervals for backfills; the scheduler itself never starts a run by the clock.

    Airflow asks for backfill runs with ``catchup`` and for the scheduler's own with the DAG's setting, which
    is off in this project: that difference is what this timetable goes by.

    :param cron: start of the data intervals.
    :param timezone: time zone of ``cron``.
    """

    def __init__(self, cron: str = "0 0 * * *", timezone: Any = "UTC", **kwargs: Any) -> None:
        super().__init__(cron, timezone, **kwargs)
        self.description = "backfills, daily"

    @property
    def summary(self) -> str:
        """What the DAG list shows; a cron expression would promise runs by the clock."""
        return "daily backfills"

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Return the next daily interval of a backfill, None for the scheduler."""
        if not restriction.catchup:
            return None
        return super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )


def asset_chain(*assets: Asset) -> Any:
    """Return the schedule of a DAG that runs when all ``assets`` were updated, and in daily backfills.

    :param assets: the assets to wait for; each must have a new event since the DAG's last run.
    """
    return AssetOrTimeSchedule(timetable=DailyBackfillTimetable(), assets=list(assets))


def daily(cron: str) -> Any:
    """Return the schedule of a DAG that runs by the clock, and in daily backfills.

    :param cron: cron expression, UTC; ``none`` leaves only runs by hand and backfills.
    """
    return DailyBackfillTimetable() if cron == "none" else cron
