"""dbt builds under a lease: no two builds of a layer at once, and none that goes on after another has taken over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cosmos import DbtBuildLocalOperator

from martech.leases.lease import LeaseClient, Times, held
from martech.leases.tasks import owner_of
from martech.warehouse.client import job_labels

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class LeasedBuildOperator(DbtBuildLocalOperator):  # type: ignore[misc] # Cosmos has no types
    """Runs ``dbt build`` while it holds the lease of what its DAG builds, which is named as the DAG.

    :param leases: ``project.dataset.table``, shaped like ``include/sql/ops/leases.sql``.
    :param warehouse: where the warehouse is, as every operator of this project is told.
    :param times: how long everything about the lease takes.
    :param kwargs: see Cosmos' ``DbtBuildLocalOperator``.
    :raises LeaseError: where another owner has the lease for too long, or has taken it over.
    """

    def __init__(self, *, leases: str, warehouse: Mapping[str, Any], times: Times | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.leases = leases
        self.warehouse = warehouse
        self.times = times

    def execute(self, context: Context, **kwargs: Any) -> None:
        """Wait for the lease, and build while it is this try's."""
        client = LeaseClient(**self.warehouse, labels=job_labels(context))
        with held(client, self.leases, context["ti"].dag_id, owner_of(context), self.times):
            super().execute(context, **kwargs)
