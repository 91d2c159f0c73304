"""The third step of an erasure: the warehouse itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.privacy.erasure import Erasure
from martech.privacy.operators.erasure import ErasureOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class EraseRowsOperator(ErasureOperator):
    """Deletes the person's rows, and empties references to them in others', in every table. Can be repeated."""

    def step(self, erasure: Erasure, context: Context) -> int:
        """Erase, and return the number of rows changed.

        :raises ErasureError: where the identifiers are gone.
        """
        counts = erasure.erase()
        for name, rows in counts.items():
            self.log.info("%8d rows in %s", rows, name)
        return sum(counts.values())
