"""Google Data Manager API: service-account tokens, audienceMembers:ingest and :remove, requestStatus:retrieve."""

from __future__ import annotations

import re
import secrets
import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

import google.auth.jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tools.destinations.server import Answer, DestinationServer, Request

SCOPE = "https://www.googleapis.com/auth/datamanager"
EMAIL = "activation@local-project.iam.gserviceaccount.com"
# Google's libraries address their assertion to this, whatever the key's token_uri.
AUDIENCE = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MAX_MEMBERS = 10_000
MAX_IDENTIFIERS = 10
SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}")
INGEST_FIELDS = {
    "destinations", "audienceMembers", "consent", "validateOnly", "encoding", "encryptionInfo", "termsOfService",
}  # fmt: skip
REMOVE_FIELDS = INGEST_FIELDS - {"consent", "termsOfService"}
EVENTS_FIELDS = {"destinations", "events", "consent", "validateOnly", "encoding", "encryptionInfo"}
MAX_EVENTS = 2_000
CLICK_IDS = {"gclid", "gbraid", "wbraid"}
EVENT_SOURCES = {"WEB", "APP", "IN_STORE", "PHONE", "OTHER"}
CONSENT_FIELDS = {"adUserData", "adPersonalization"}
CONSENT_STATUSES = {"CONSENT_GRANTED", "CONSENT_DENIED", "CONSENT_STATUS_UNSPECIFIED"}
# Members from here are dropped unless both consents are granted: Google applies its EU user consent policy.
CONSENT_REGIONS = {
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT",
    "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
}  # fmt: skip
ADDRESS_FIELDS = {"givenName", "familyName", "regionCode", "postalCode"}


class InvalidArgumentError(Exception):
    """A request that the API refuses as a whole, with the violations by field."""

    def __init__(self, message: str, violations: list[dict[str, str]] | None = None) -> None:
        super().__init__(message)
        self.violations = violations or []


class GoogleDataManagerServer(DestinationServer):
    """Customer Match lists of Google Ads accounts; each list is a set of identifiers.

    :param port: port to listen on; 0 takes a free one.
    :param processing_seconds: how long an accepted request is PROCESSING.
    :param refused: identifiers (``emailAddress:<hash>``) whose members fail in processing.
    """

    name = "google_data_manager"

    def __init__(
        self, port: int = 0, *, processing_seconds: float = 0.0, refused: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(port)
        self.processing_seconds = processing_seconds
        self.refused = refused
        # Identifiers of members that make the API refuse the whole request without naming them.
        self.poison: set[str] = set()
        self.audiences: dict[str, set[str]] = {}
        # Conversions by conversion action and transaction id.
        self.conversions: dict[str, dict[str, dict[str, Any]]] = {}
        # Status by request id, and the time from which it is answered.
        self.statuses: dict[str, dict[str, Any]] = {}
        self.processed_at: dict[str, float] = {}
        self.tokens: set[str] = set()
        self.deliveries = 0
        self.repeats = 0
        self.without_consent = 0
        # Consent by identifier, as it was last sent.
        self.consents: dict[str, dict[str, str]] = {}
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._private_key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self._public_key = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def connection(self) -> dict[str, Any]:
        """Return the Airflow connection that leads here, with a service-account key of this server's own."""
        key = {
            "type": "service_account",
            "project_id": "local-project",
            "private_key_id": "local",
            "private_key": self._private_key,
            "client_email": EMAIL,
            "token_uri": f"{self.url}/token",
        }
        return {"conn_type": "google_cloud_platform", "host": self.url, "extra": {"keyfile_dict": key}}

    def holdings(self) -> dict[str, Any]:
        """Return the hashed identifiers by audience."""
        return {
            "deliveries": self.deliveries,
            "repeats": self.repeats,
            "without_consent": self.without_consent,
            "audiences": {name: sorted(members) for name, members in self.audiences.items()},
            "conversions": self.conversions,
            "statuses": self.statuses,
            "processed_at": self.processed_at,
        }

    def restore(self, holdings: dict[str, Any]) -> None:
        """Hold again what an earlier server held; tokens and the key are new."""
        self.deliveries, self.repeats = holdings["deliveries"], holdings["repeats"]
        self.without_consent = holdings["without_consent"]
        self.audiences = {name: set(members) for name, members in holdings["audiences"].items()}
        self.conversions = holdings.get("conversions", {})
        self.statuses, self.processed_at = holdings["statuses"], holdings["processed_at"]

    def throttled(self) -> Answer:
        """Return the API's RESOURCE_EXHAUSTED."""
        return Answer(429, _status(429, "RESOURCE_EXHAUSTED", "Too many requests."), {"Retry-After": "0.05"})

    def answer(self, request: Request) -> Answer:
        """Answer a request as the API does."""
        if request.path == "/token":
            return self._token(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.fault == "expired_session":
            self.tokens.discard(token)
        if token not in self.tokens:
            return Answer(401, _status(401, "UNAUTHENTICATED", "Request had invalid credentials."))
        if request.path == "/v1/requestStatus:retrieve":
            return self._request_status(request)
        if request.path not in ("/v1/audienceMembers:ingest", "/v1/audienceMembers:remove", "/v1/events:ingest"):
            return Answer(404, _status(404, "NOT_FOUND", "Not found."))
        try:
            is_events = request.path == "/v1/events:ingest"
            verb = request.path.rpartition(":")[2]
            return Answer(200, {"requestId": self._events(request) if is_events else self._members(request, verb)})
        except InvalidArgumentError as error:
            bad_request = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": error.violations}
            details = [bad_request] if error.violations else []
            return Answer(400, _status(400, "INVALID_ARGUMENT", str(error), details))

    def _token(self, request: Request) -> Answer:
        form = {key: values[0] for key, values in parse_qs(request.body.decode()).items()}
        try:
            claims = google.auth.jwt.decode(form["assertion"], certs=self._public_key, audience=AUDIENCE)
        except (KeyError, ValueError):
            return Answer(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
        if form["grant_type"] != GRANT or claims["iss"] != EMAIL or claims["scope"] != SCOPE:
            return Answer(400, {"error": "invalid_scope", "error_description": "Invalid OAuth scope."})
        token = f"ya29.{secrets.token_hex(16)}"
        self.tokens.add(token)
        return Answer(200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _request_status(self, request: Request) -> Answer:
        if request.method != "GET":
            return Answer(404, _status(404, "NOT_FOUND", "Not found."))
        request_id = request.query.get("requestId", "")
        status = self.statuses.get(request_id)
        if status is None:
            reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "INVALID_REQUEST_ID"}
            return Answer(400, _status(400, "INVALID_ARGUMENT", "The request id is invalid.", [reason]))
        if time.time() < self.processed_at[request_id]:
            status = {"destination": status["destination"], "requestStatus": "PROCESSING"}
        return Answer(200, {"requestStatusPerDestination": [status]})

    def _members(self, request: Request, verb: str) -> str:
        """Check a request, apply what will not fail in processing, and return its id."""
        body = request.json()
        audience, members = _envelope(body, verb)
        violations: list[dict[str, str]] = []
        identifiers = [_identifiers(index, member, violations) for index, member in enumerate(members)]
        if violations:
            raise InvalidArgumentError("There was a problem with the request.", violations)
        if any(tokens & self.poison for tokens in identifiers):
            raise InvalidArgumentError("Request contains an invalid argument.")
        held = self.audiences.setdefault(audience, set())
        consents = [{**body.get("consent", {}), **member.get("consent", {})} for member in members]
        failing = self._failing(request.fault, identifiers)
        for index, tokens in enumerate(identifiers):
            if index in failing:
                continue
            if verb == "remove":
                held -= tokens
            elif _may_be_held(consents[index], members[index]):
                self.deliveries += 1
                self.repeats += tokens <= held
                held |= tokens
                self.consents |= dict.fromkeys(tokens, consents[index])
            else:
                self.without_consent += 1
        counts = {"recordCount": str(len(members)), "userIdentifierCount": str(sum(map(len, identifiers)))}
        kind = "audienceMembersIngestionStatus" if verb == "ingest" else "audienceMembersRemovalStatus"
        rate = {"uploadMatchRateRange": "MATCH_RATE_RANGE_51_TO_60"} if verb == "ingest" else {}
        status = {kind: {"userDataIngestionStatus": counts | rate}}
        return self._accepted(body["destinations"][0], status, failing, len(members))

    def _accepted(self, destination: Any, status: dict[str, Any], failing: dict[int, str], records: int) -> str:
        """Keep the status of an accepted request and return its id."""
        request_id = f"{time.time_ns():x}-{len(self.statuses)}"
        self.processed_at[request_id] = time.time() + self.processing_seconds
        self.statuses[request_id] = {"destination": destination, "requestStatus": "SUCCESS", **status}
        if failing:
            outcome = "FAILED" if len(failing) == records else "PARTIAL_SUCCESS"
            counts = Counter(failing.values())
            errors = [{"recordCount": str(count), "reason": reason} for reason, count in counts.items()]
            self.statuses[request_id] |= {"requestStatus": outcome, "errorInfo": {"errorCounts": errors}}
        return request_id

    def _events(self, request: Request) -> str:
        """Check conversions, record those that will not fail in processing, and return the request's id."""
        body = request.json()
        if unknown := set(body) - EVENTS_FIELDS:
            raise InvalidArgumentError(f'Invalid JSON payload received. Unknown name "{sorted(unknown)[0]}".')
        action = _audience(body)
        events = body.get("events", [])
        if not 1 <= len(events) <= MAX_EVENTS:
            raise InvalidArgumentError("TOO_MANY_EVENTS")
        violations: list[dict[str, str]] = []
        identifiers = [_event_identifiers(index, event, violations) for index, event in enumerate(events)]
        if violations:
            raise InvalidArgumentError("There was a problem with the request.", violations)
        failing = self._failing(request.fault, identifiers)
        held = self.conversions.setdefault(action, {})
        for index, event in enumerate(events):
            statuses = [event["consent"].get(field, "CONSENT_STATUS_UNSPECIFIED") for field in CONSENT_FIELDS]
            if index in failing or "CONSENT_DENIED" in statuses:
                continue
            self.deliveries += 1
            self.repeats += held.get(event["transactionId"]) == event
            held[event["transactionId"]] = event  # a known transaction id is an adjustment
        status = {"eventsIngestionStatus": {"recordCount": str(len(events))}}
        return self._accepted(body["destinations"][0], status, failing, len(events))

    def _failing(self, fault: str | None, members: list[set[str]]) -> dict[int, str]:
        """Return the reason by index of each member that fails in processing."""
        failing = {
            index: "PROCESSING_ERROR_REASON_INVALID_FORMAT"
            for index, tokens in enumerate(members)
            if tokens & self.refused
        }
        if fault == "processing_failed":
            failing = dict.fromkeys(range(len(members)), "PROCESSING_ERROR_REASON_INTERNAL_ERROR")
        elif fault == "processing_partial":
            half = range((len(members) + 1) // 2)
            failing |= dict.fromkeys(half, "PROCESSING_ERROR_REASON_INTERNAL_ERROR")
        return failing


def _may_be_held(consent: dict[str, str], member: dict[str, Any]) -> bool:
    """Return whether a member becomes part of the list: denied consent never, unspecified not everywhere."""
    statuses = [consent.get(field, "CONSENT_STATUS_UNSPECIFIED") for field in CONSENT_FIELDS]
    if set(statuses) == {"CONSENT_GRANTED"}:
        return True
    identifiers = member["userData"]["userIdentifiers"]
    regions = {identifier["address"]["regionCode"] for identifier in identifiers if "address" in identifier}
    return "CONSENT_DENIED" not in statuses and not regions & CONSENT_REGIONS


def _invalid(field: str, description: str) -> InvalidArgumentError:
    return InvalidArgumentError(description, [{"field": field, "description": description}])


def _envelope(body: dict[str, Any], verb: str) -> tuple[str, list[dict[str, Any]]]:
    """Check what stands around the members; return the audience and them."""
    unknown = set(body) - (INGEST_FIELDS if verb == "ingest" else REMOVE_FIELDS)
    if unknown:
        raise InvalidArgumentError(f'Invalid JSON payload received. Unknown name "{sorted(unknown)[0]}".')
    audience = _audience(body)
    if body.get("encoding") != "HEX":
        raise _invalid("encoding", "Encoding is required.")
    terms = body.get("termsOfService", {}).get("customerMatchTermsOfServiceStatus")
    if verb == "ingest" and terms != "ACCEPTED":
        raise _invalid("terms_of_service", "TERMS_AND_CONDITIONS_NOT_SIGNED")
    members = body.get("audienceMembers", [])
    if not 1 <= len(members) <= MAX_MEMBERS:
        raise InvalidArgumentError("TOO_MANY_AUDIENCE_MEMBERS")
    return audience, members


def _audience(body: dict[str, Any]) -> str:
    destinations = body.get("destinations", [])
    if not 1 <= len(destinations) <= 10:
        raise _invalid("destinations", "TOO_MANY_DESTINATIONS")
    account = destinations[0].get("operatingAccount", {})
    if account.get("accountType") != "GOOGLE_ADS" or not re.fullmatch(r"\d{10}", account.get("accountId", "")):
        raise _invalid("destinations", "INVALID_DESTINATION")
    if not re.fullmatch(r"\d+", destinations[0].get("productDestinationId", "")):
        raise _invalid("destinations", "INVALID_USER_LIST_ID")
    return destinations[0]["productDestinationId"]


def _identifiers(index: int, member: dict[str, Any], violations: list[dict[str, str]]) -> set[str]:
    """Return a member's identifiers, and add to the violations what is wrong with them."""
    path = f"audience_members[{index}].user_data.user_identifiers"
    listed = member.get("userData", {}).get("userIdentifiers", [])
    if not 1 <= len(listed) <= MAX_IDENTIFIERS or set(member) - {"userData", "consent"}:
        violations.append({"field": path, "description": "Between 1 and 10 identifiers are allowed."})
        return set()
    consent = member.get("consent", {})
    if set(consent) - CONSENT_FIELDS or set(consent.values()) - CONSENT_STATUSES:
        violations.append({"field": f"audience_members[{index}].consent", "description": "INVALID_ENUM_VALUE"})
    tokens = set()
    for position, identifier in enumerate(listed):
        where = f"{path}[{position}]"
        match identifier:
            case {"emailAddress": hashed} | {"phoneNumber": hashed} if len(identifier) == 1:
                hashes = [hashed]
            case {"address": address} if len(identifier) == 1 and set(address) == ADDRESS_FIELDS:
                hashes = [address["givenName"], address["familyName"]]
                if not re.fullmatch(r"[A-Z]{2}", address["regionCode"]):
                    violations.append({"field": f"{where}.address.region_code", "description": "INVALID_FORMAT"})
            case _:
                violations.append({"field": where, "description": "Exactly one complete identifier is needed."})
                continue
        if not all(SHA256_HEX.fullmatch(value) for value in hashes):
            violations.append({"field": where, "description": "The SHA256 encoded value is malformed."})
        kind, value = next(iter(identifier.items()))
        tokens.add(f"{kind}:{':'.join(value.values()) if isinstance(value, dict) else value}")
    return tokens


def _event_identifiers(index: int, event: dict[str, Any], violations: list[dict[str, str]]) -> set[str]:
    """Return the identifiers of an event, and add to the violations what is wrong with it."""
    path = f"events.events[{index}]"
    clicks = event.get("adIdentifiers", {})
    checks = {
        "transaction_id": bool(event.get("transactionId")),
        "event_timestamp": bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event.get("eventTimestamp", ""))),
        "event_source": event.get("eventSource") in EVENT_SOURCES,
        "conversion_value": isinstance(event.get("conversionValue"), int | float) and event["conversionValue"] >= 0,
        "currency": bool(re.fullmatch(r"[A-Z]{3}", event.get("currency", ""))),
        "ad_identifiers": bool(clicks or event.get("userData")) and not set(clicks) - CLICK_IDS,
        "consent": set(event.get("consent", {}).values()) <= CONSENT_STATUSES,
    }
    for field, is_right in checks.items():
        if not is_right:
            violations.append({"field": f"{path}.{field}", "description": "REQUIRED_FIELD_MISSING or INVALID"})
    tokens = {f"{name}:{value}" for name, value in clicks.items()}
    if "userData" in event:
        tokens |= _identifiers(index, {"userData": event["userData"]}, violations)
    return tokens


def _status(code: int, status: str, message: str, details: list[Any] | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": message, "details": details or []}}
