"""What the engine and the destinations say to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Protocol, runtime_checkable

from martech.activation.sync import Sync

# Code of an accepted request of which some records failed in processing, without saying which.
PARTIAL_SUCCESS = "PARTIAL_SUCCESS"
# Longer than any intent lives (the outbox drops its partitions), so that no result of one is overlooked.
INTENTS_LIVE = timedelta(days=30)


@dataclass(frozen=True)
class Change:
    """One record to bring to a destination.

    :param record_key: primary key of the record.
    :param action: add, change or remove.
    :param payload: destination field to value; empty for remove.
    :param identifiers: hashed identifiers to match the record by, where the destination has no keys.
    :param stale_identifiers: hashed identifiers to take back.
    :param cleared_fields: fields of the record to empty although the declaration does not map them (any more).
    :param content_hash: hash of the payload; None for remove.
    :param changed_fields: names of the fields that differ, comma-separated.
    :param ad_consent: consent to the use of the person's data for ads, and to personalised ads, each granted or
        unspecified; None where the declaration has none.
    :param is_erasure: whether the person of a remove asked to be erased.
    :param occurrence: id of what happened to the record since its last result: the same for whoever sends it again,
        another one the next time; None where the destination does not ask for it (``by_occurrence``).
    :param suspected: how often a request that held it succeeded in part; such records travel in smaller batches.
    """

    record_key: str
    action: str
    payload: dict[str, Any]
    identifiers: tuple[str, ...] = ()
    stale_identifiers: tuple[str, ...] = ()
    cleared_fields: tuple[str, ...] = ()
    content_hash: str | None = None
    changed_fields: str = ""
    ad_consent: tuple[str, str] | None = None
    suspected: int = 0
    is_erasure: bool = False
    occurrence: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one change.

    :param error_code: None if the destination took it.
    :param is_accepted: whether the destination took it for processing, so that ``reference`` must be followed.
    :param retryable: whether the same record may succeed if it is sent again; later runs do so as well.
    :param reference: id of the request or job at the destination.
    """

    change: Change
    error_code: str | None = None
    error_message: str | None = None
    retryable: bool = False
    reference: str | None = None
    is_accepted: bool = False


@dataclass(frozen=True)
class Processed:
    """What became of an accepted request.

    :param error_code: None if it succeeded for all its records.
    :param records: records that the destination counted; None where it does not say.
    :param match_rate: range of the share that it matched, in percent, such as ``51_TO_60``.
    """

    error_code: str | None = None
    error_message: str | None = None
    records: int | None = None
    match_rate: str | None = None


class Destination(Protocol):
    """A place that takes changes. Sending the same change twice must leave it as sending it once does."""

    def batch_size(self, pending: int, *, removes: bool) -> int:
        """Return how many changes, or removes, one call of ``send`` takes when ``pending`` are to be sent in all."""

    def prepare(self) -> None:
        """Wait for what an earlier, killed run may still have under way at the destination."""

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Send changes of one kind (all removes, or none) and return one outcome each, in any order.

        :raises TransientError: where nothing is known; the same call may be made again.
        :raises BatchRejectedError: where the destination refused the request as a whole.
        :raises FatalError: where no further request can succeed.
        """


class DestinationHook(Destination, Protocol):
    """A hook of a destination, with what the engine must know of it before there is an instance.

    ``by_identifiers``: whether it finds people by hashed identifiers instead of finding records by a key.
    ``keeps_payload``: whether a record can only be taken back with what it was sent with, so that the state keeps it.
    ``by_occurrence``: whether what is sent twice would show twice, so that changes carry the id of their occurrence.
    ``target_options``: options of the declaration that say where in an account the records are.
    ``settling_seconds``: how long after a request a later one for the same record may still be overtaken by it.
    """

    by_identifiers: ClassVar[bool]
    keeps_payload: ClassVar[bool]
    by_occurrence: ClassVar[bool]
    target_options: ClassVar[tuple[str, ...]]
    settling_seconds: ClassVar[float]

    def __init__(self, sync: Sync) -> None:
        """Connect to the destination of a declaration."""

    @classmethod
    def account(cls, connection_id: str) -> str:
        """Return the account that an Airflow connection leads to; empty where the declaration names it."""


@runtime_checkable
class ProcessingDestination(Destination, Protocol):
    """A destination that accepts requests first and processes them later."""

    def processed(self, reference: str) -> Processed | None:
        """Return what became of the accepted ``reference`` of an outcome, None while it is being processed.

        :raises TransientError: where nothing is known; the same call may be made again.
        :raises FatalError: where no further request can succeed.
        """


class ActivationError(Exception):
    """A sync cannot go on; the message names the fix."""


class FatalError(ActivationError):
    """No request of this run can succeed: credentials, permissions or a used-up quota."""


class TransientError(ActivationError):
    """The request may succeed later, and may have succeeded already.

    :param retry_after: seconds the destination asks to wait; None if it does not say.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BatchRejectedError(ActivationError):
    """The destination refused a request and applied none of it.

    :param code: code of the refusal.
    :param rows: reason by index of each change that is to blame; empty if the destination does not say.
    """

    def __init__(self, code: str, message: str, rows: dict[int, tuple[str, str]] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.rows = rows or {}
