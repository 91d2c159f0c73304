"""The right to rectification: the source corrects a fact, and here is searched whether it has arrived everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from martech.privacy.export import ExportRequest
from martech.privacy.person_request import PersonError

# They show what is known now. Raw tables keep former versions until they expire, ledgers what happened.
CURRENT = ("intermediate", "silver", "gold")


class Rectification(ExportRequest):
    """A request to correct a value."""

    def check(self, customer_id: str, former_sha256: str, corrected_sha256: str) -> list[str]:
        """Return the columns of the person's rows that have the corrected value.

        :param customer_id: the customer that was found.
        :param former_sha256: SHA-256 (hex) of the former value, in lower case.
        :param corrected_sha256: that of the corrected value.
        :raises PersonError: where a current table has the former value, or none has the corrected one.
        """
        datasets = {self._table(f"{layer}.any").split(".")[1] for layer in CURRENT}
        former, corrected = set(), set()
        for name, rows in self.own_rows(customer_id).items():
            _, dataset, table = name.split(".")
            if dataset not in datasets:
                continue
            for row in rows:
                for column, value in row.items():
                    hashes = {_digest(text) for text in _texts(value)}
                    if former_sha256 in hashes:
                        former.add(f"{dataset}.{table}.{column}")
                    if corrected_sha256 in hashes:
                        corrected.add(f"{dataset}.{table}.{column}")
        if former:
            raise PersonError(
                f"The former value is still in {', '.join(sorted(former))}. Is it corrected in every source that has "
                "the person's record, has it landed, and has silver been built since? Tables of events keep what was "
                "true on their day: declare in the answer what stays, and why."
            )
        if not corrected:
            raise PersonError(
                "Neither the former nor the corrected value is in any current table: check the hashes (lower case, no "
                "line end), and that a source has the value and it has landed."
            )
        return sorted(corrected)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
    else:
        yield str(value)


def _digest(text: str) -> str:
    return sha256(text.strip().lower().encode()).hexdigest()
