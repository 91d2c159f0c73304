"""What is declared of a raw table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

DAILY, SPARSE = "daily", "sparse"


@dataclass(frozen=True)
class RawTable:
    """A raw table of a source.

    :param name: table id.
    :param columns: declared types by column name; empty skips the schema check.
    :param kind: ``entity`` (records land again as new versions) or ``event`` (appended facts).
    :param partition_field: column whose UTC day is the partition.
    :param loaded_at_field: TIMESTAMP column with the time at which a row landed.
    :param max_age: the newest row of a day may be this much older than the day's end.
    :param volume_band: least and most rows of a day that do not warn, as shares of what it usually has.
    :param expect: ``daily``, or ``sparse`` where a day without rows is normal.
    :param not_kept: columns that landing leaves NULL, since nobody reads them.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str = "event"
    partition_field: str = "_fivetran_synced"
    loaded_at_field: str = "_fivetran_synced"
    max_age: timedelta = timedelta(hours=24)
    volume_band: tuple[float, float] = (0.5, 2.0)
    expect: str = DAILY
    not_kept: tuple[str, ...] = ()

    @property
    def is_sparse(self) -> bool:
        """True where a day without rows is normal."""
        return self.expect == SPARSE
