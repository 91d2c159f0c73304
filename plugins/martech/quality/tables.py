"""What is expected of a table, as the checks need it. Nothing here talks to the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from martech.alerts.severity import Severity
from martech.ingestion.raw_table import DAILY, SPARSE
from martech.warehouse.statements import require_identifier

CURRENT = "current"
EXPECTATIONS = (DAILY, SPARSE, CURRENT)
# Every check by the name that declarations, results and the report use.
MONITOR = "monitor"
CHECKS = ("schema", "freshness", "partition_gap", "volume", "null_rate", "integrity", "drift", MONITOR)
NUMBERS = ("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC")


@dataclass(frozen=True)
class Limits:
    """How far a table may be from what is usual.

    :param null_share: largest share (0–1) of nulls in a critical column that names no share of its own.
    :param orphan_share: largest share (0–1) of references without a target that name no share of their own.
    :param minimum_rows: shares of fewer rows than this are not checked.
    :param volume_weeks: so many earlier days of the same weekday make the seasonal baseline.
    :param volume_minimum_weeks: with fewer of them that have rows the volume is not checked.
    :param volume_deviations: allowed distance from the median, in robust standard deviations.
    :param drift_days: days before the checked one that a distribution is compared with.
    :param drift_minimum_days: with fewer of them that have rows drift is not checked.
    :param drift_psi: largest population stability index; 0.1 is a small, 0.25 a large shift.
    """

    null_share: float = 0.05
    orphan_share: float = 0.01
    minimum_rows: int = 50
    volume_weeks: int = 8
    volume_minimum_weeks: int = 3
    volume_deviations: float = 4.0
    drift_days: int = 28
    drift_minimum_days: int = 7
    drift_psi: float = 0.25


@dataclass(frozen=True)
class Reference:
    """A column whose values must exist in another table.

    :param column: column of the table; its nulls are not checked.
    :param to: ``project.dataset.table`` of the target.
    :param key: column of the target.
    :param share: allowed share (0–1) of values that are not there.
    """

    column: str
    to: str
    key: str
    share: float


@dataclass(frozen=True)
class QualityTable:
    """What is expected of one table.

    :param layer: bronze, silver or gold.
    :param dataset_id: its dataset.
    :param name: table id.
    :param columns: declared types by column name.
    :param partition_field: column whose UTC day is the partition; None where the table is not partitioned by day.
    :param expect: ``daily`` (each day has rows), ``sparse`` (a day without rows is normal) or ``current`` (the table
        holds a state that each build replaces).
    :param day_field: DATE column of a ``current`` table that says of which day it is; None if there is none.
    :param loaded_at_field: TIMESTAMP column with the landing time; None outside bronze.
    :param max_age: allowed distance of the newest row from the end of the day.
    :param critical: columns whose nulls are counted, with the largest share of nulls.
    :param references: columns whose values must exist elsewhere.
    :param drift: columns whose distribution is compared with the days before.
    :param limits: thresholds.
    :param severity: severity by check; a check that is not there is off.
    :param history_days: so far back a missing day is looked for: the retention, in days.
    :param declared_in: where to change what is expected, for messages.
    """

    layer: str
    dataset_id: str
    name: str
    columns: Mapping[str, str]
    partition_field: str | None
    expect: str
    day_field: str | None = None
    loaded_at_field: str | None = None
    max_age: timedelta = timedelta(hours=24)
    critical: Mapping[str, float] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    drift: tuple[str, ...] = ()
    limits: Limits = Limits()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    history_days: int = 365
    declared_in: str = "its declaration"

    def __post_init__(self) -> None:
        for name in (self.dataset_id, self.name, *self.columns):
            require_identifier("table or column", name)

    @property
    def label(self) -> str:
        """How results and messages call it: ``dataset.table``."""
        return f"{self.dataset_id}.{self.name}"

    @property
    def read_columns(self) -> set[str]:
        """Columns that the profile reads: without them there is nothing to ask."""
        named = {self.partition_field, self.day_field, self.loaded_at_field, *self.critical, *self.drift}
        return {*(name for name in named if name), *(reference.column for reference in self.references)}
