"""What BigQuery charges."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Prices:
    """Prices in US dollars.

    :param on_demand_usd_per_tib: a TiB billed, for jobs that use no reservation.
    :param slot_usd_per_hour: an hour of one slot, for jobs in a reservation.
    :param active_storage_usd_per_gib_month: a GiB of logical storage for a month.
    :param long_term_storage_usd_per_gib_month: the same for partitions unchanged for 90 days.
    """

    on_demand_usd_per_tib: Decimal
    slot_usd_per_hour: Decimal
    active_storage_usd_per_gib_month: Decimal
    long_term_storage_usd_per_gib_month: Decimal

    def values(self) -> dict[str, Decimal]:
        """Return the prices by the query parameters of the SQL that measures costs."""
        return asdict(self)
