"""The truth names every record, and each way in which records of one person differ does occur."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable

import pytest

from tools.sample_sources import mess
from tools.sample_sources.words import words

IDENTITY = {
    "salesforce_contacts": ("salesforce:contact", "id"),
    "salesforce_leads": ("salesforce:lead", "id"),
    "shopify_customers": ("shopify:customer", "id"),
    "braze_users": ("braze:user", "external_id"),
    "zendesk_users": ("zendesk:user", "id"),
    "firebase_users": ("firebase:user", "user_pseudo_id"),
    "ga360_sessions": ("ga360:visitor", "client_id"),
    "google_ads_clicks": ("google_ads:click", "gclid"),
}
NAMED = ("salesforce_contacts", "salesforce_leads", "shopify_customers", "braze_users")


def key_of(table: str, row: dict) -> str:
    prefix, column = IDENTITY[table]
    return f"{prefix}:{row[column]}"


@pytest.fixture(scope="session")
def records(rows, truth) -> list[dict]:
    """Return the first version of each person record, with its key and true person."""
    found: dict[str, dict] = {}
    for table in (*NAMED, "zendesk_users"):
        for row in rows(table):
            key = key_of(table, row)
            found.setdefault(key, {**row, "table": table, "key": key, "person_id": truth[key]["person_id"]})
    return list(found.values())


def by_person(records: Iterable[dict]) -> dict[str, list[dict]]:
    groups: dict[str, list[dict]] = defaultdict(list)
    for record in records:
        groups[record["person_id"]].append(record)
    return groups


def values(records: Iterable[dict], name: str) -> list[str]:
    return [record[name] for record in records if record.get(name)]


def digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)[-10:]


def test_truth_covers_exactly_the_records_that_landed(rows, truth):
    landed = {key_of(table, row) for table in IDENTITY for row in rows(table)}
    assert landed == set(truth)


def test_truth_never_reaches_the_warehouse(rows, sample):
    person_ids = re.compile(r"\b[PA]\d{8}\b")
    assert person_ids.search((sample / "truth" / "persons.ndjson").read_text())
    for table in IDENTITY:
        assert not person_ids.search(json.dumps(rows(table)))


def test_people_are_in_several_systems(records):
    systems = Counter(len({record["table"] for record in group}) for group in by_person(records).values())
    assert systems[1]
    assert systems[2]
    assert systems[3]
    assert systems[4]


def test_a_system_holds_some_people_twice(records):
    twice = Counter((record["person_id"], record["table"]) for record in records)
    assert {table for (_, table), count in twice.items() if count > 1} >= {"shopify_customers", "salesforce_leads"}


def test_nicknames(records):
    groups = by_person(record for record in records if record.get("first_name"))
    names = [{record["first_name"].title() for record in group} for group in groups.values()]
    nicknames = words().nicknames
    assert any(name in nicknames and set(nicknames[name]) & group for group in names for name in group)


@pytest.mark.parametrize("name", ["first_name", "last_name"])
def test_typos_and_diacritics(records, name):
    assert any(text != mess.ascii_only(text) for text in values(records, name))
    folded = [{mess.ascii_only(text).lower() for text in values(group, name)} for group in by_person(records).values()]
    assert any(len(texts) > 1 for texts in folded)


def test_first_and_last_name_are_swapped_now_and_then(records):
    pairs = defaultdict(set)
    for record in records:
        if record.get("first_name"):
            pairs[record["person_id"]].add((record["first_name"], record["last_name"]))
    assert any((last, first) in group for group in pairs.values() for first, last in group if first != last)


def test_email_variants(records):
    emails = values(records, "email")
    assert any("+" in email for email in emails)
    assert any(email != email.lower() for email in emails)
    assert set(emails) & set(mess.JUNK_EMAILS)
    boxes = defaultdict(set)
    for email in emails:
        if email.endswith("@gmail.com"):
            boxes[email.replace(".", "")].add(email)
    assert any(len(group) > 1 for group in boxes.values()), "dots in a gmail address"
    people = by_person(records).values()
    assert any(len({email.lower().split("@")[1] for email in values(group, "email")}) > 1 for group in people)


def test_emails_change_within_a_record(rows):
    emails = defaultdict(set)
    for row in rows("shopify_customers"):
        emails[row["id"]].add(row.get("email"))
    assert any(len(group) > 1 for group in emails.values())


def test_phone_formats_and_junk(records):
    phones = values(records, "phone")
    formats = {re.sub(r"\d", "9", phone) for phone in phones}
    assert {"(999) 999-9999", "999-999-9999", "+99999999999", "9999999999"} <= formats
    assert set(phones) & set(mess.JUNK_PHONES)


def test_household_and_company_phones_are_shared(records):
    owners = defaultdict(set)
    for record in records:
        if record.get("phone") and record["phone"] not in mess.JUNK_PHONES:
            owners[digits(record["phone"])].add((record["person_id"], record["table"]))
    shared = [group for group in owners.values() if len({person for person, _ in group}) > 1]
    assert any("shopify_customers" in {table for _, table in group} for group in shared)
    assert any("salesforce_leads" in {table for _, table in group} for group in shared)


def test_people_of_one_name_are_different_people(records):
    owners = defaultdict(set)
    for record in records:
        if record.get("first_name"):
            owners[record["first_name"].lower(), record["last_name"].lower()].add(record["person_id"])
    assert any(len(group) > 1 for group in owners.values())


def test_streets_are_written_in_several_ways(rows, records):
    streets = [
        set(values(group, "default_address_address1") + values(group, "street"))
        for group in by_person(records).values()
    ]
    assert any(len(group) > 1 for group in streets)
    shops = values(rows("shopify_customers"), "default_address_address1")
    assert any(re.search(r" (St|Ave|Rd|Dr|Ln|Blvd|Ct)\.?$", street) for street in shops)


@pytest.mark.parametrize("table", ["shopify_customers", "braze_users"])
def test_deleted_records_stay_deleted(rows, table):
    versions = defaultdict(list)
    for row in rows(table):
        versions[key_of(table, row)].append((row["_fivetran_synced"], row["_fivetran_deleted"]))
    deleted = [sorted(group) for group in versions.values() if any(flag for _, flag in group)]
    assert deleted
    assert all(group[-1][1] for group in deleted)


def test_anonymous_browsers_log_in_later(rows):
    logins = defaultdict(list)
    for row in rows("ga360_sessions"):
        logins[row["client_id"]].append((row["visit_start_time"], row.get("user_id")))
    ordered = [[user for _, user in sorted(group, key=lambda visit: visit[0])] for group in logins.values()]
    assert any(group[0] is None and any(group) for group in ordered)


def test_shared_computers_have_several_logins(rows, truth):
    logins = defaultdict(set)
    for row in rows("ga360_sessions"):
        if row.get("user_id"):
            logins[row["client_id"]].add(row["user_id"])
    shared = {key.rpartition(":")[2] for key, row in truth.items() if row["shared"] and key.startswith("ga360")}
    several = {client_id for client_id, users in logins.items() if len(users) > 1}
    assert several
    assert several <= shared


def test_repeated_events_differ_in_their_landing_only(rows):
    landings = defaultdict(list)
    for row in rows("braze_message_events"):
        landings[row["id"]].append(row)
    repeated = [group for group in landings.values() if len(group) > 1]
    assert repeated
    for group in repeated:
        facts = {json.dumps({k: v for k, v in row.items() if k != "_fivetran_synced"}) for row in group}
        assert len(facts) == 1
        assert len({row["_fivetran_synced"] for row in group}) == len(group)


def test_lead_probabilities_predict_conversions(sample):
    leads = [json.loads(line) for line in (sample / "truth" / "leads.ndjson").open()]
    expected = sum(lead["conversion_probability"] for lead in leads)
    spread = sum(lead["conversion_probability"] * (1 - lead["conversion_probability"]) for lead in leads) ** 0.5
    assert sum(lead["converts"] for lead in leads) == pytest.approx(expected, abs=3 * spread)
    assert max(lead["conversion_probability"] for lead in leads) > 0.6
    assert min(lead["conversion_probability"] for lead in leads) < 0.1


def test_converted_leads_are_the_true_ones(rows, sample):
    leads = {lead["lead_id"]: lead for lead in map(json.loads, (sample / "truth" / "leads.ndjson").open())}
    converted = {row["id"] for row in rows("salesforce_leads") if row["is_converted"]}
    assert converted
    assert all(leads[lead_id]["converts"] for lead_id in converted)
    contacts = {row["id"] for row in rows("salesforce_contacts")}
    assert {row["converted_contact_id"] for row in rows("salesforce_leads") if row["is_converted"]} <= contacts


def test_churned_people_are_seldom_seen(rows, truth, sample):
    persons = [json.loads(line) for line in (sample / "truth" / "persons.ndjson").open()]
    start = min(row["_fivetran_synced"] for row in rows("ga360_sessions"))
    churned = {person["person_id"] for person in persons if person["churned"] and person["churned_at"] < start}
    visits = Counter(truth[key_of("ga360_sessions", row)]["person_id"] in churned for row in rows("ga360_sessions"))
    assert visits[True] / len(churned) < 0.25 * visits[False] / (len(persons) - len(churned))
