"""Google Data Manager API: conversions by click ids and hashed identifiers (enhanced conversions for leads)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from martech.activation.changes import Change, Outcome
from martech.activation.hooks.google_data_manager import (
    UNKNOWN_CONSENT,
    GoogleDataManagerHook,
    consent_of,
    user_identifier,
)
from martech.activation.sync import Sync

EVENTS_PER_REQUEST = 2_000
CLICK_IDS = ("gclid", "gbraid", "wbraid")
IDENTIFIERS = {"emailAddress": "email", "phoneNumber": "phone"}


class GoogleConversionsHook(GoogleDataManagerHook):
    """Reports conversions under the record's key as transaction id.

    Google takes a transaction id that it knows as an adjustment: sent twice counts once, another value restates it. It
    has no retraction: a removed conversion is restated to a value of 0, with the identifiers that it was sent with.

    :param sync: the declaration; ``destination.conversion_action_id`` is the conversion action.
    """

    by_identifiers: ClassVar[bool] = False
    keeps_payload: ClassVar[bool] = True
    target_options: ClassVar[tuple[str, ...]] = ("account_id", "conversion_action_id")

    def __init__(self, sync: Sync) -> None:
        super().__init__(sync)
        self._event_source = sync.options.get("event_source", "WEB")

    def batch_size(self, pending: int, *, removes: bool) -> int:
        """Return 2,000, the events that a request may hold."""
        return EVENTS_PER_REQUEST

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Report conversions, or restate them to 0; see ``Destination.send``."""
        events = {index: event for index, change in enumerate(changes) if (event := self._event(change))}
        unmatched = [
            Outcome(change, "no_identifier", "Neither a click id nor a valid e-mail address or phone number.")
            for index, change in enumerate(changes)
            if index not in events
        ]
        if not events:
            return unmatched
        reference = self.ingest("/v1/events:ingest", "events", list(events.values()), list(events))
        return unmatched + [Outcome(changes[index], reference=reference, is_accepted=True) for index in events]

    def _event(self, change: Change) -> dict[str, Any] | None:
        """Return the event of a change, None where Google could match it with nobody."""
        payload = change.payload
        clicks = {name: payload[name] for name in CLICK_IDS if payload.get(name)}
        people = [user_identifier(f"{kind}:{payload[name]}") for name, kind in IDENTIFIERS.items() if payload.get(name)]
        if not clicks and not people:
            return None
        return {
            "transactionId": change.record_key,
            "eventTimestamp": payload["eventTimestamp"],
            "eventSource": self._event_source,
            "conversionValue": 0 if change.action == "remove" else payload["conversionValue"],
            "currency": payload["currency"],
            "consent": consent_of(*(change.ad_consent or UNKNOWN_CONSENT)),
            **({"adIdentifiers": clicks} if clicks else {}),
            **({"userData": {"userIdentifiers": people}} if people else {}),
        }
