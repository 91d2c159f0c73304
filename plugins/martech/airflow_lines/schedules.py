"""A schedule for DAGs that assets wake, and the clock too, and that can be backfilled day by day all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AssetAny
from airflow.timetables.interval import CronDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable

try:
    from airflow.sdk import AssetOrTimeSchedule
except ImportError:  # Airflow 2.11 calls assets datasets
    from airflow.timetables.datasets import DatasetOrTimeSchedule

    def AssetOrTimeSchedule(*, timetable: Timetable, assets: Any) -> DatasetOrTimeSchedule:  # noqa: N802
        return DatasetOrTimeSchedule(timetable=timetable, datasets=assets)


if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Asset
    from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable


class DailyBackfillTimetable(CronDataIntervalTimetable):
    """Daily data intervals for backfills; the scheduler's own runs come at other times, or not at all.

    Airflow asks for backfill runs with ``catchup`` and for the scheduler's own with the DAG's setting, which
    is off in this project: that difference is what this timetable goes by.

    :param cron: start of the data intervals.
    :param timezone: time zone of ``cron``.
    :param wake: cron by which the scheduler starts runs, UTC; None for never. Not at a start of a data interval,
        which is the logical date of a backfill's run.
    """

    def __init__(self, cron: str = "0 0 * * *", timezone: Any = "UTC", wake: str | None = None, **kwargs: Any) -> None:
        super().__init__(cron, timezone, **kwargs)
        self.wake = wake
        self.description = f"backfills, daily; at {wake}" if wake else "backfills, daily"

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        """Return the timetable that a serialized DAG has."""
        timetable = super().deserialize(data)
        return cls(wake=data["wake"]) if data.get("wake") else timetable

    def serialize(self) -> dict[str, Any]:
        """Return what the scheduler needs to make it again."""
        return {**super().serialize(), "wake": self.wake}

    @property
    def summary(self) -> str:
        """What the DAG list shows; the cron of the backfills would promise runs by the clock."""
        return f"{self.wake}, daily backfills" if self.wake else "daily backfills"

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Return the next daily interval of a backfill; for the scheduler the next time to wake, or None."""
        if not restriction.catchup:
            if self.wake is None:
                return None
            return CronTriggerTimetable(self.wake, timezone="UTC").next_dagrun_info(
                last_automated_data_interval=last_automated_data_interval, restriction=restriction
            )
        return super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )


def asset_chain(*assets: Asset) -> Any:
    """Return the schedule of a DAG that runs when all ``assets`` were updated, and in daily backfills.

    :param assets: the assets to wait for; each must have a new event since the DAG's last run.
    """
    return AssetOrTimeSchedule(timetable=DailyBackfillTimetable(), assets=list(assets))


def wake_on_any(*assets: Asset, wake: str) -> Any:
    """Return the schedule of a DAG that any of some assets wakes, and the clock, and that can be backfilled.

    :param assets: the assets; one event of one of them is enough.
    :param wake: cron by which it wakes where no event has come, UTC; ``none`` for never.
    """
    timetable = DailyBackfillTimetable(wake=None if wake == "none" else wake)
    return AssetOrTimeSchedule(timetable=timetable, assets=AssetAny(*assets))


def daily(cron: str) -> Any:
    """Return the schedule of a DAG that runs by the clock, and in daily backfills.

    :param cron: cron expression, UTC; ``none`` leaves only runs by hand and backfills.
    """
    return DailyBackfillTimetable() if cron == "none" else cron
