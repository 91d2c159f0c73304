"""Google Data Manager API: Customer Match audiences by hashed identifiers."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import google.auth.exceptions
import google.auth.transport.requests
from airflow.providers.common.compat.sdk import mask_secret
from airflow.providers.google.common.hooks.base_google import GoogleBaseHook

from martech.activation.api_client import json_of
from martech.activation.batching import batches
from martech.activation.changes import (
    PARTIAL_SUCCESS,
    BatchRejectedError,
    Change,
    FatalError,
    Outcome,
    Processed,
    TransientError,
)
from martech.activation.hooks.http_hook import HttpHook
from martech.activation.rate_limit import RateLimit
from martech.activation.sync import Sync
from martech.alerts.masking import masked

SCOPE = "https://www.googleapis.com/auth/datamanager"
MEMBERS_PER_REQUEST = 10_000
IDENTIFIERS_PER_MEMBER = 10
REQUESTS_PER_SECOND = 5
REFERENCE_SEPARATOR = ","
STILL_PROCESSING = ("PROCESSING", "REQUEST_STATUS_UNKNOWN")
# Reason of a 400 for an id that Google does not know; the request counts as lost, as after a 404.
INVALID_REQUEST_ID = "INVALID_REQUEST_ID"
RECORD_OF_VIOLATION = re.compile(r"(?:audience_?members|events)\[(\d+)\]", re.IGNORECASE)
CONSENT_STATUS = {"granted": "CONSENT_GRANTED", "unspecified": "CONSENT_STATUS_UNSPECIFIED"}
MATCH_RATE_PREFIX = "MATCH_RATE_RANGE_"
UNKNOWN_CONSENT = ("unspecified", "unspecified")


class GoogleDataManagerHook(HttpHook, GoogleBaseHook):
    """Adds people to a Customer Match list and takes them out again.

    Each member is sent with the consent that the person gave, and with none where none is known. The connection is
    one of Google's provider; a ``host`` in it replaces the API's address.

    :param sync: the declaration; ``destination.audience_id`` is the user list.
    """

    by_identifiers: ClassVar[bool] = True
    keeps_payload: ClassVar[bool] = True
    target_options: ClassVar[tuple[str, ...]] = ("account_id", "audience_id")
    endpoint: ClassVar[str] = "https://datamanager.googleapis.com"

    def __init__(self, sync: Sync) -> None:
        super().__init__(sync, gcp_conn_id=sync.connection)
        self._google_credentials, _ = self.get_credentials_and_project_id()
        self._lock = threading.Lock()
        usual_limit = RateLimit.per_second(REQUESTS_PER_SECOND)
        self._api = self.api_client("Google Data Manager", self._authorization, usual_limit)
        self._destination = {
            "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": sync.options["account_id"]},
            "productDestinationId": sync.options[self.target_options[-1]],
        }
        if login := sync.options.get("login_account_id"):
            self._destination["loginAccount"] = {"accountType": "GOOGLE_ADS", "accountId": login}

    @property
    def scopes(self) -> Sequence[str]:
        """The one scope that the API needs, whatever the connection says."""
        return (SCOPE,)

    @classmethod
    def account(cls, connection_id: str) -> str:
        """Return nothing: the declaration names the account; see ``DestinationHook.account``."""
        return ""

    def batch_size(self, pending: int, *, removes: bool) -> int:
        """Return 10,000, the members that a request may hold."""
        return MEMBERS_PER_REQUEST

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Bring changes of one kind to the audience, which applies requests in the order in which it accepts them.

        Identifiers that a person no longer has are taken back before the new ones are added.
        """
        stale = [
            (index, member)
            for index, change in enumerate(changes)
            for member in batches(change.stale_identifiers, IDENTIFIERS_PER_MEMBER)
        ]
        requests = [self._request("remove", part, {}) for part in batches(stale, MEMBERS_PER_REQUEST)]
        if changes[0].action != "remove":
            members = [(index, list(change.identifiers)) for index, change in enumerate(changes)]
            terms = {"customerMatchTermsOfServiceStatus": "ACCEPTED"}
            consents = [change.ad_consent or UNKNOWN_CONSENT for change in changes]
            requests.append(self._request("ingest", members, {"termsOfService": terms}, consents))
        # A remove without identifiers that only this person has needs no request.
        reference = REFERENCE_SEPARATOR.join(requests) or None
        return [Outcome(change, reference=reference, is_accepted=reference is not None) for change in changes]

    def processed(self, reference: str) -> Processed | None:
        """Return what became of the requests of a batch; see ``ProcessingDestination.processed``."""
        statuses = [status for request in reference.split(REFERENCE_SEPARATOR) for status in self._statuses(request)]
        if any(status["requestStatus"] in STILL_PROCESSING for status in statuses):
            return None
        reasons = Counter[str]()
        for status in statuses:
            for kind in ("error", "warning"):
                for count in status.get(f"{kind}Info", {}).get(f"{kind}Counts", []):
                    reasons[f"{kind} {count['reason']}"] += int(count["recordCount"])
        message = ", ".join(f"{records} records: {reason}" for reason, records in reasons.most_common())
        records, match_rate = _counted(statuses)
        failures = [status["requestStatus"] for status in statuses if status["requestStatus"] != "SUCCESS"]
        if failures:
            code = PARTIAL_SUCCESS if PARTIAL_SUCCESS in failures else failures[0]
            return Processed(code, masked(message or "Google names no reason."), records, match_rate)
        if message:
            self.log.warning("Google processed request %s with warnings: %s", reference, masked(message))
        return Processed(records=records, match_rate=match_rate)

    def _statuses(self, request: str) -> list[dict[str, Any]]:
        """Return Google's status of a request by destination; we send to one."""
        response = self._api.call("GET", "/v1/requestStatus:retrieve", params={"requestId": request})
        answer = json_of(response, "Google Data Manager")
        if response.ok:
            return answer.get("requestStatusPerDestination") or [{"requestStatus": "PROCESSING"}]
        error = answer["error"]
        if response.status_code == 404:
            return [{"requestStatus": error["status"]}]
        if any(detail.get("reason") == INVALID_REQUEST_ID for detail in error.get("details", [])):
            return [{"requestStatus": INVALID_REQUEST_ID}]
        raise FatalError(
            f"Google Data Manager answered {error['status']} to the status of a request: {masked(error['message'])} "
            "Check the service account's access to the account of the declaration, then clear the task."
        )

    def _request(
        self,
        verb: str,
        members: list[tuple[int, list[str]]],
        more: dict[str, Any],
        consents: list[tuple[str, str]] | None = None,
    ) -> str:
        """Send members, each with the index of its change, and return Google's id of the request.

        :param consents: the consent of each change; None where the request takes members back.
        """
        sent = [
            {"userData": {"userIdentifiers": [user_identifier(text) for text in identifiers]}}
            | ({"consent": consent_of(*consents[index])} if consents else {})
            for index, identifiers in members
        ]
        indexes = [index for index, _ in members]
        return self.ingest(f"/v1/audienceMembers:{verb}", "audienceMembers", sent, indexes, **more)

    def ingest(self, path: str, kind: str, records: list[dict[str, Any]], indexes: list[int], **more: Any) -> str:
        """Send records, and return Google's id of the request.

        :param path: path of the method.
        :param kind: field of the request that holds the records.
        :param records: the records as the API knows them.
        :param indexes: index of the change of each record.
        :param more: further fields of the request.
        :raises BatchRejectedError: where records are to blame.
        :raises FatalError: where the destination of the declaration is.
        """
        body = {"destinations": [self._destination], kind: records, "encoding": "HEX", **more}
        response = self._api.call("POST", path, json=body)
        answer = json_of(response, "Google Data Manager")
        if response.ok:
            return str(answer["requestId"])
        error = {"details": [], **answer["error"]}
        rows = {
            indexes[int(match[1])]: (error["status"], masked(violation["description"]))
            for detail in error["details"]
            for violation in detail.get("fieldViolations", [])
            if (match := RECORD_OF_VIOLATION.search(violation["field"]))
        }
        # Violations elsewhere, as of the destination, are of the declaration; without any, some member is to blame.
        is_of_members = response.status_code == 400 and not any(d.get("fieldViolations") for d in error["details"])
        if response.status_code == 413 or rows or is_of_members:
            raise BatchRejectedError(error["status"], masked(error["message"]), rows)
        raise FatalError(
            f"Google Data Manager answered {error['status']}: {masked(error['message'])} Check account and list, "
            "or conversion action, of the declaration and the service account's access to them, then clear the task."
        )

    def _authorization(self, fresh: bool) -> dict[str, str]:
        credentials = self._google_credentials
        with self._lock:
            if fresh or not credentials.valid:
                try:
                    credentials.refresh(google.auth.transport.requests.Request(self._session))
                except google.auth.exceptions.TransportError:
                    raise TransientError("Google Data Manager: no connection to the token endpoint.") from None
                except google.auth.exceptions.RefreshError as error:
                    if error.retryable:
                        raise TransientError("Google Data Manager: the token endpoint is out of order.") from None
                    raise FatalError(
                        "Google refuses the service account's key. Correct the Airflow connection of this "
                        "destination, then clear the task."
                    ) from None
                if credentials.token:
                    mask_secret(credentials.token)
            return {"Authorization": f"Bearer {credentials.token}"}


def _counted(statuses: list[dict[str, Any]]) -> tuple[int | None, str | None]:
    """Return how many records Google counted in the request that adds members, and the range of its match rate."""
    for status in statuses:
        members = status.get("audienceMembersIngestionStatus", {}).get("userDataIngestionStatus", {})
        counts = members or status.get("eventsIngestionStatus", {})
        if "recordCount" in counts:
            rate = counts.get("uploadMatchRateRange", "").removeprefix(MATCH_RATE_PREFIX)
            return int(counts["recordCount"]), rate or None
    return None, None


def consent_of(user_data: str, personalization: str) -> dict[str, str]:
    """Return a person's consent as the API's Consent."""
    return {"adUserData": CONSENT_STATUS[user_data], "adPersonalization": CONSENT_STATUS[personalization]}


def user_identifier(text: str) -> dict[str, Any]:
    """Return an identifier of the plan (``email:<hash>``) as the API's UserIdentifier."""
    kind, _, value = text.partition(":")
    if kind == "email":
        return {"emailAddress": value}
    if kind == "phone":
        return {"phoneNumber": value}
    given, family, region, postal = value.split(":")
    return {"address": {"givenName": given, "familyName": family, "regionCode": region, "postalCode": postal}}
