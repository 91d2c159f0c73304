"""A signed webhook, as https://www.standardwebhooks.com describes it: receivers find libraries that verify it."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, ClassVar

from martech.activation.changes import BatchRejectedError, Change, FatalError, Outcome, TransientError
from martech.activation.hooks.http_hook import HttpHook
from martech.activation.rate_limit import RateLimit
from martech.activation.sync import Sync
from martech.alerts.masking import masked

RECORDS_PER_REQUEST = 100
REQUESTS_PER_SECOND = 10
SECRET_PREFIX = "whsec_"  # noqa: S105 - the beginning of every secret
REFUSES_CONTENT = (400, 413, 422)
BEING_PROCESSED = 409


class WebhookHook(HttpHook):
    """Posts records to one address, signed with HMAC-SHA256 over id, timestamp and body.

    A receiver can tell what it has had: each record has an ``id`` that is the same whenever the same content is sent
    again, after a lost answer or a crash. It must apply an id once, and refuse timestamps that are older than some
    minutes.

    The connection holds the address (``host``) and the secret, ``whsec_`` and base64 or any text (``password``). Two
    secrets with a blank between them both sign, for as long as the receiver changes from one to the other.

    :param sync: the declaration; ``destination.path`` is the path at that address.
    """

    conn_name_attr = "webhook_conn_id"
    default_conn_name = "webhook_default"
    hook_name = "Webhook (activation)"
    # Receivers apply an id once.
    by_occurrence: ClassVar[bool] = True
    target_options: ClassVar[tuple[str, ...]] = ("path",)

    def __init__(self, sync: Sync) -> None:
        super().__init__(sync)
        self._secrets = [_key(secret, sync.connection) for secret in (self._connection.password or "").split()]
        if not self._secrets:
            raise FatalError(
                f"The Airflow connection {sync.connection} has no secret. Put the receiver's secret into its password."
            )
        # The signature proves who we are.
        self._api = self.api_client("The webhook", lambda _: {}, RateLimit.per_second(REQUESTS_PER_SECOND))

    def batch_size(self, pending: int, *, removes: bool) -> int:
        """Return how many records the declaration lets a request hold, 100 if it does not say."""
        return int(self._sync.options.get("records_per_request", RECORDS_PER_REQUEST))

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Post changes of one kind; see ``Destination.send``."""
        ids = [sha256(f"{c.occurrence}|{c.action}|{c.content_hash}".encode()).hexdigest() for c in changes]
        records = [_record(change, id_) for change, id_ in zip(changes, ids, strict=True)]
        now = int(time.time())
        message = {"type": self._sync.name, "timestamp": now, "data": {"records": records}}
        body = json.dumps(message, ensure_ascii=False, allow_nan=False).encode()
        message_id = f"msg_{sha256('|'.join(ids).encode()).hexdigest()}"
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(now),
            "webhook-signature": " ".join(signature(secret, message_id, now, body) for secret in self._secrets),
        }
        path = self._sync.options["path"]
        response = self._api.call("POST", path, data=body, headers=headers, allow_redirects=False)
        if response.ok and not response.is_redirect:
            return [Outcome(change, reference=message_id) for change in changes]
        if response.status_code == BEING_PROCESSED:
            raise TransientError(f"The webhook answered {BEING_PROCESSED}: the same request is being processed.")
        if response.status_code in REFUSES_CONTENT:
            raise BatchRejectedError(str(response.status_code), masked(response.text))
        raise FatalError(
            f"The webhook answered {response.status_code} to POST {path}. Check destination.path of "
            f"{self._sync.path.name}, the address and the secret of the Airflow connection {self._sync.connection} "
            "(redirects are not followed), then clear the task."
        )


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a request, with its version.

    :param secret: the key.
    :param timestamp: seconds since 1970.
    """
    signed = hmac.new(secret, f"{message_id}.{timestamp}.".encode() + body, sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _key(secret: str, connection: str) -> bytes:
    """Return the bytes of a secret.

    :raises FatalError: where what follows ``whsec_`` is not base64.
    """
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise FatalError(
            f"The secret of the Airflow connection {connection} begins with {SECRET_PREFIX} and does not go on in "
            "base64. Copy it again from the receiver into the password."
        ) from None


def _record(change: Change, id_: str) -> dict[str, Any]:
    fields = {**change.payload, **dict.fromkeys(change.cleared_fields)}
    return {"id": id_, "key": change.record_key, "action": change.action, "fields": fields}
