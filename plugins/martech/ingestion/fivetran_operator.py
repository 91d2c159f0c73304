"""Asks Fivetran to sync now, where Fivetran is configured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook, BaseOperator

from martech.ingestion.fivetran_hook import FivetranHook

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class FivetranSyncOperator(BaseOperator):
    """Starts a sync of a Fivetran connection, and does not wait for it: a sensor sees what lands.

    Without an Airflow connection or a Fivetran connection id it succeeds with a log line, so that what comes
    after it waits for what lands on its own. Returns (to XCom) Fivetran's answer, None if nothing was started.

    :param connection_id: id of the Fivetran connection; empty if there is none (templated).
    :param fivetran_conn_id: Airflow connection of type ``http`` (templated).
    :raises AirflowException: where Fivetran refuses or cannot be reached; the message names the cure.
    """

    template_fields: Sequence[str] = ("connection_id", "fivetran_conn_id")
    ui_color = "#ede7f6"

    def __init__(self, *, connection_id: str | None, fivetran_conn_id: str = "fivetran_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.connection_id = connection_id
        self.fivetran_conn_id = fivetran_conn_id

    def execute(self, context: Context) -> str | None:
        """Start the sync."""
        if not self.connection_id:
            self.log.info("No Fivetran connection is configured for this source: waiting for what lands.")
            return None
        try:
            BaseHook.get_connection(self.fivetran_conn_id)
        except AirflowNotFoundException:
            self.log.info("Airflow has no connection %s: waiting for what lands.", self.fivetran_conn_id)
            return None
        answer = FivetranHook(self.fivetran_conn_id).sync(self.connection_id)
        self.log.info("Fivetran: %s", answer)
        return answer
