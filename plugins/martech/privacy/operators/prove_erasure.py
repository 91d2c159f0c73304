"""The last step of an erasure: the proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from martech.privacy.erasure import Erasure
from martech.privacy.operators.erasure import ErasureOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class ProveErasureOperator(ErasureOperator):
    """Searches every column of every table for every identifier, whatever the tables are declared to hold.

    :param datasets: datasets to search.
    :param kwargs: see :class:`ErasureOperator`.
    """

    def __init__(self, *, datasets: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.datasets = datasets

    def step(self, erasure: Erasure, context: Context) -> int:
        """Search, and return the number of tables searched.

        :raises ErasureError: where an identifier is found, naming table and column.
        """
        searched = erasure.prove(self.datasets)
        self.log.info("No identifier of the person is in any of %d tables.", searched)
        return searched
