"""Which destinations there are, by the name that declarations give them."""

from __future__ import annotations

from martech.activation.changes import DestinationHook
from martech.activation.hooks.braze import BrazeHook
from martech.activation.hooks.google_conversions import GoogleConversionsHook
from martech.activation.hooks.google_data_manager import GoogleDataManagerHook
from martech.activation.hooks.salesforce import SalesforceHook
from martech.activation.hooks.slack import SlackHook
from martech.activation.hooks.webhook import WebhookHook
from martech.activation.sync import Sync

DESTINATIONS: dict[str, type[DestinationHook]] = {
    "salesforce": SalesforceHook,
    "braze": BrazeHook,
    "google_data_manager": GoogleDataManagerHook,
    "google_conversions": GoogleConversionsHook,
    "slack": SlackHook,
    "webhook": WebhookHook,
}


def target_of(sync: Sync) -> str:
    """Return where a sync's records are: destination, account and, where it has them, object or list.

    :param sync: the declaration.
    :raises FatalError: where its connection names no account.
    """
    hook = DESTINATIONS[sync.destination]
    parts = (hook.account(sync.connection), *(sync.options.get(option) for option in hook.target_options))
    return " ".join([sync.destination, *(str(part) for part in parts if part)])
