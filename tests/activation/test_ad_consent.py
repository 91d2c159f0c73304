"""Consent to ads: what is unknown is never called granted, and nobody is sent without a grant where one is required."""

from __future__ import annotations

from hashlib import sha256

import pytest
from martech.activation import engine
from martech.activation.hooks.google_data_manager import GoogleDataManagerHook
from martech.activation.plan import CONSENT_COUNTRIES

from tools.destinations.google_data_manager import CONSENT_REGIONS

AUDIENCE = "8765432109"
GRANTED, UNKNOWN = "CONSENT_GRANTED", "CONSENT_STATUS_UNSPECIFIED"
# Consent and country of each person, and what Google may hold: None, or adUserData and adPersonalization.
PEOPLE = [
    ("granted", "granted", "DE", (GRANTED, GRANTED)),
    ("Granted ", "GRANTED", "Germany", (GRANTED, GRANTED)),
    ("unspecified", "granted", "DE", None),
    ("granted", None, "DE", None),
    (None, None, "uk", None),
    ("unspecified", "unspecified", "CH", None),
    ("unspecified", "unspecified", "NO", None),
    (None, None, None, None),
    ("true", "yes", "Germany", None),
    ("unspecified", "unspecified", "US", (UNKNOWN, UNKNOWN)),
    (None, "not_subscribed", "United States", (UNKNOWN, UNKNOWN)),
    ("granted", "unspecified", "CA", (GRANTED, UNKNOWN)),
    ("denied", "granted", "US", None),
    ("granted", "DENIED", "US", None),
]


def email(number: int) -> str:
    """Return a person's address as the audience holds it."""
    return f"emailAddress:{sha256(f'person{number}@example.com'.encode()).hexdigest()}"


def set_people(warehouse, people) -> None:
    """Give customers 1, 2, 3 … the consent and country of the people."""
    quoted = [["null" if value is None else f"'{value}'" for value in person[:3]] for person in people]
    rows = ", ".join(
        f"struct('c{number:08d}' as customer_id, {user_data} as ad_user_data, {personalization} as ad_personalization, "
        f"{country} as country)"
        for number, (user_data, personalization, country) in enumerate(quoted, start=1)
    )
    warehouse.run(
        f"""create or replace table `@silver.customer_360` as
        select customers.* except (ad_user_data, ad_personalization, country), people.* except (customer_id)
        from `@silver.customer_360` as customers
        inner join unnest([{rows}]) as people on customers.customer_id = people.customer_id"""
    )


@pytest.fixture
def run(warehouse, google, sync):
    """Return a function that runs the sync once and returns the consent that Google holds by e-mail address."""
    declared = sync("customers_to", limits={"max_removed_percent": 100, "requests_per_second": 1000})

    def once() -> dict[str, tuple[str, str]]:
        ledger = warehouse.ledger(declared)
        plan_id = engine.plan_sync(ledger, declared)
        engine.send_changes(ledger, declared, GoogleDataManagerHook(declared), plan_id)
        return {
            text: (google.consents[text]["adUserData"], google.consents[text]["adPersonalization"])
            for text in google.audiences.get(AUDIENCE, ())
            if text.startswith("email")
        }

    return once


def test_consent_is_sent_as_it_was_given_and_unknown_is_no_grant(warehouse, google, run):
    warehouse.make_customers(len(PEOPLE))
    set_people(warehouse, PEOPLE)
    expected = {email(number): held for number, (*_, held) in enumerate(PEOPLE, start=1) if held}
    assert run() == expected
    assert google.without_consent == 0  # nobody whom Google would have to drop was sent


def test_another_consent_is_sent_and_a_withdrawn_one_removes(warehouse, google, run):
    warehouse.make_customers(3)
    unknown = ("unspecified", "unspecified", "US")
    set_people(warehouse, [unknown, ("granted", "granted", "FR"), unknown])
    assert run() == {email(1): (UNKNOWN, UNKNOWN), email(2): (GRANTED, GRANTED), email(3): (UNKNOWN, UNKNOWN)}
    set_people(warehouse, [("granted", "granted", "US"), ("unspecified", "granted", "FR"), unknown])
    requests = google.requests.copy()
    assert run() == {email(1): (GRANTED, GRANTED), email(3): (UNKNOWN, UNKNOWN)}
    assert (google.requests - requests)["POST /v1/audienceMembers:ingest"] == 1
    assert run() == {email(1): (GRANTED, GRANTED), email(3): (UNKNOWN, UNKNOWN)}
    assert (google.requests - requests)["POST /v1/audienceMembers:ingest"] == 1  # nothing more to say


def test_every_region_in_which_google_requires_a_grant_is_known():
    assert set(CONSENT_COUNTRIES) >= CONSENT_REGIONS
