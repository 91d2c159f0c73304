"""What a sync is: its source, whom it may send, what it sends where, and how fast."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Tells of a record once when it enters the source, and again after it has left.
NOTIFY = "notify"


@dataclass(frozen=True)
class Column:
    """One mapped column.

    :param column: column of the source model, or ``joined.<column>``.
    :param to: field of the destination.
    :param type: type at the destination.
    :param decimals: digits after the point that a number is rounded to; None leaves it as it is.
    :param required: whether rows in which it is null are rejected.
    :param normalise: normalisation before hashing or sending; None leaves the value as it is.
    :param subscription_group: id of the Braze subscription group whose state follows the value, granted or denied.
    :param pii: ``hash_sha256`` sends the hash only, ``plain`` the value; None where it is no personal data.
    """

    column: str
    to: str
    type: str = "string"
    decimals: int | None = None
    required: bool = False
    normalise: str | None = None
    pii: str | None = None
    subscription_group: str | None = None


@dataclass(frozen=True)
class Condition:
    """``column operator value``, with operator one of is, in, at_least, at_most, older_than_days, present."""

    column: str
    operator: str
    value: Any


@dataclass(frozen=True)
class AdConsent:
    """Columns of the consent model with a person's consent to ads: granted or denied, anything else is unspecified.

    :param user_data: consent to the use of their data for ads.
    :param personalization: consent to personalised ads.
    :param country: country of the person; some require consent.
    """

    user_data: str
    personalization: str
    country: str


@dataclass(frozen=True)
class Consent:
    """Who may be sent: people with a row in ``model`` for which ``granted`` holds.

    :param model: ``layer.table`` with one row per ``key``.
    :param person: column of the source that holds the key.
    :param ads: what is known of consent to ads; None where the destination does not ask for it.
    """

    model: str
    key: str
    person: str
    granted: Condition
    ads: AdConsent | None = None


@dataclass(frozen=True)
class Limits:
    """What a run may do at most; see ``sync.schema.json`` for the units."""

    max_removed_percent: float
    max_rejected_percent: float = 10.0
    requests_per_second: float | None = None
    concurrency: int = 4
    max_attempts: int = 8
    timeout_seconds: float = 60.0
    record_every_rows: int = 5_000
    processing_seconds: float = 60.0
    refresh_days: int | None = None


@dataclass(frozen=True)
class Sync:
    """One declared sync; the fields are those of ``sync.schema.json``.

    :param options: what the destination needs beside its type and connection, such as ``object``.
    """

    name: str
    description: str
    owner: str
    schedule: str
    model: str
    key: str
    join: tuple[str, str] | None
    where: tuple[Condition, ...]
    read_only: Condition | None
    consent: Consent
    destination: str
    connection: str
    options: dict[str, Any]
    mode: str
    columns: tuple[Column, ...]
    limits: Limits
    path: Path = field(compare=False)

    @property
    def models(self) -> frozenset[str]:
        """Tables it reads, as ``layer.table``."""
        return frozenset({self.model, self.consent.model, *(self.join or ())[:1]})

    @property
    def target(self) -> str:
        """What it writes to, in words: ``salesforce Lead``."""
        part = (
            self.options.get("object")
            or self.options.get("audience_id")
            or self.options.get("conversion_action_id")
            or self.options.get("channel")
            or self.options.get("path")
            or "users"
        )
        return f"{self.destination} {part}"
