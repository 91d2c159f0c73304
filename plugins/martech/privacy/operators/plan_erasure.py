"""The first step of an erasure: who is meant, and what there is of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowSkipException

from martech.privacy.erasure import Erasure, Selector
from martech.privacy.operators.erasure import ErasureOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class PlanErasureOperator(ErasureOperator):
    """Finds the person, writes the request and suppresses their records; on a dry run only counts.

    Reads the DAG params ``identity_key``, ``customer_id``, ``email`` (one of them) and ``dry_run``. Returns the
    request's id, the only thing that goes to XCom.
    """

    def step(self, erasure: Erasure, context: Context) -> str:
        """Find the person.

        :raises AirflowSkipException: on a dry run, so that nothing after it runs.
        :raises ErasureError: where nobody or more than one customer is found.
        """
        params = context["params"]
        status = erasure.status()
        if status and not params["dry_run"]:
            self.log.info("Request %s is %s already: going on from there.", self.request_id, status)
            return self.request_id
        customer_id = erasure.find(Selector(params["identity_key"], params["customer_id"], params["email"]))
        if params["dry_run"]:
            counts = erasure.preview(customer_id)
            for name, rows in counts.items():
                self.log.info("%8d rows in %s", rows, name)
            raise AirflowSkipException(
                f"Dry run: {sum(counts.values())} rows in {len(counts)} tables would be removed; nothing was changed."
            )
        erasure.request(customer_id)
        self.log.info("Request %s is written; staging leaves the person out from now on.", self.request_id)
        return self.request_id
