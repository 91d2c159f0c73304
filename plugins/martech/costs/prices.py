"""What BigQuery charges."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal

from google.cloud import bigquery


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

    def parameters(self) -> list[bigquery.ScalarQueryParameter]:
        """Return the query parameters by which SQL in ``include/sql/cost`` prices what it measures."""
        return [bigquery.ScalarQueryParameter(name, "NUMERIC", price) for name, price in asdict(self).items()]
