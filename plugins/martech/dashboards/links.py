"""The link from Airflow's UI to the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import BaseOperatorLink, XCom

if TYPE_CHECKING:
    from airflow.models.baseoperator import BaseOperator
    from airflow.models.taskinstancekey import TaskInstanceKey

BUCKETS = "gs://"
# Where a browser opens an object, with the viewer's own rights.
BROWSER = "https://storage.cloud.google.com/"


class DashboardLink(BaseOperatorLink):  # type: ignore[misc]  # Airflow 2.11 gives it no type
    """The page that a task has returned the place of."""

    name = "Dashboards"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the address of the page; nothing while the task has not written it.

        :param operator: the task.
        :param ti_key: its run.
        """
        return browser_address(str(XCom.get_value(ti_key=ti_key, key="return_value") or ""))


def browser_address(place: str) -> str:
    """Return the address with which a browser opens a file.

    :param place: where it was written to; that of a bucket may begin with a connection: ``gs://conn@bucket/…``.
    """
    if not place.startswith(BUCKETS):
        return place
    return BROWSER + place.removeprefix(BUCKETS).rpartition("@")[2]
