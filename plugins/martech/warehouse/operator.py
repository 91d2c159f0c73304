"""The base of every operator that asks BigQuery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from airflow.providers.common.compat.sdk import BaseOperator

from martech.warehouse.hook import WarehouseHook, job_labels

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

Hook = TypeVar("Hook", bound=WarehouseHook)


class WarehouseOperator(BaseOperator):
    """Knows where the warehouse is, and opens it for a task.

    :param project_id: Google Cloud project of the tables; jobs run in it too (templated).
    :param location: BigQuery location of the datasets.
    :param gcp_conn_id: Airflow connection (templated).
    :param impersonation_chain: service account to impersonate (templated).
    :param maximum_bytes_billed: queries that would read more bytes fail; None sets no limit.
    """

    template_fields: Sequence[str] = ("project_id", "gcp_conn_id", "impersonation_chain")

    def __init__(
        self,
        *,
        project_id: str,
        location: str | None = None,
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        maximum_bytes_billed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project_id = project_id
        self.location = location
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain
        self.maximum_bytes_billed = maximum_bytes_billed

    @overload
    def warehouse(self, context: Context) -> WarehouseHook: ...

    @overload
    def warehouse(self, context: Context, hook_class: type[Hook]) -> Hook: ...

    def warehouse(self, context: Context, hook_class: type[WarehouseHook] = WarehouseHook) -> WarehouseHook:
        """Return a hook to the warehouse whose jobs carry the labels of this task.

        :param context: the task's context.
        :param hook_class: what is to be asked of the warehouse.
        """
        return hook_class(
            project_id=self.project_id,
            location=self.location,
            gcp_conn_id=self.gcp_conn_id,
            impersonation_chain=self.impersonation_chain,
            labels=job_labels(context),
            maximum_bytes_billed=self.maximum_bytes_billed,
        )
