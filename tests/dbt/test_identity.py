"""Identity resolution on small made-up populations: what must link, what must not, and what must stay."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable

import pytest
from google.cloud import bigquery

from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import LAST_DAY, DbtWarehouse
from tests.dbt.identity_cases import CASES, Case
from tests.dbt.identity_records import SCHEMA, Record, record
from tools.evaluate.identity.warehouse import IDENTITY_MODELS


def strangers(count: int) -> list[Record]:
    """Return people who have nothing in common: names and places are as rare as in a real population."""

    def word(number: int) -> str:
        return "".join("bcdfghklmn"[int(digit)] + "aeiouaeiou"[int(digit)] for digit in f"{number * 7919 % 9973:04}")

    return [
        record(
            f"shopify:customer:{number}",
            first_name=word(number),
            last_name=word(number + 4000),
            email=f"{word(number)}@mail.example",
            phone=f"+1{2_000_000_000 + number * 7_654_321}",
            city=word(number + 6000),
            postcode=f"{10000 + number * 37}",
        )
        for number in range(count)
    ]


HOME = {"last_name": "okafor", "street": "12 elm st", "city": "dover", "postcode": "03820", "phone": "+16035550143"}
CHAIN = [
    record(f"ga360:visitor:{number:04}", linked_identity_keys=[f"ga360:visitor:{number + 1:04}"])
    for number in range(1000)
]
JUNK = [
    record(
        f"braze:user:junk{number}",
        first_name=first,
        last_name=last,
        email=email,
        user_id="null",
        device_ids=["00000000-0000-0000-0000-000000000000"],
        gclids=["(not set)"],
    )
    for number, (first, last, email) in enumerate(
        [
            ("amara", "velasco", "info@shop.example"),
            ("bruno", "tanaka", "info@shop.example"),
            ("chloe", "iversen", "noreply@shop.example"),
            ("dmitri", "quispe", "noreply@shop.example"),
        ]
    )
]
# A mailbox that four people use is shared, whatever its name.
OFFICE = [
    record(f"zendesk:user:office{number}", first_name=first, last_name=last, email="wearefour@firm.example")
    for number, (first, last) in enumerate(
        [("edda", "moreau"), ("fidel", "sandoval"), ("greta", "lindqvist"), ("hugo", "pereira")]
    )
]
COUPLE = [
    record("shopify:customer:ada", first_name="ada", email="ada@mail.example", **HOME),
    record("shopify:customer:ben", first_name="benedict", email="ben@mail.example", **HOME),
]
# One tablet does not make one person of two who have neither name in common.
FLATMATES = [
    record("shopify:customer:gil", first_name="gil", last_name="marchetti", device_ids=["kitchen"]),
    record("salesforce:lead:ines", first_name="ines", last_name="dvorak", device_ids=["kitchen"]),
]
# A provider gives namesakes numbers; a slip of a letter is one person's.
NAMESAKES = [
    record(
        "shopify:customer:john1", first_name="john", last_name="thistle", email="jthistle71@mail.example", city="hull"
    ),
    record("braze:user:john2", first_name="john", last_name="thistle", email="jthistle72@mail.example", city="bath"),
]
NICKNAME = [
    record("salesforce:contact:liz", first_name="elizabeth", last_name="vanterpool", phone="+12075550171"),
    record("braze:user:liz", first_name="liz", last_name="vantrepool", phone="+12075550171"),
]
FATHER_AND_SON = [
    record(f"braze:user:{number}", first_name="ivo", last_name="zelenka", street="4 oak ln", city="salem",
           postcode="97301", birth_date=born, user_id=f"u-{number}")
    for number, born in (("father", "1955-03-02"), ("son", "1987-10-29"))
]  # fmt: skip
# Two people log in on one browser; who was there without a login is not known.
TABLET = [
    record("shopify:customer:kim", first_name="kim", last_name="abara", user_id="kim", device_ids=["tablet"]),
    record("shopify:customer:lou", first_name="lou", last_name="nwosu", user_id="lou", device_ids=["tablet"]),
    record("firebase:user:tablet", device_ids=["tablet"]),
]
LOGIN = [
    record("firebase:user:phone", day=1, device_ids=["phone"], user_id="mia"),
    record("shopify:customer:mia", day=3, first_name="mia", last_name="rossi", user_id="mia"),
]
# Day 2 joins these two by a record that knows both mailboxes' owner, and parts the two of `SPLIT`.
OLDER = record("braze:user:older", day=2, first_name="noor", last_name="haddad", user_id="noor")
YOUNGER = record("zendesk:user:younger", day=4, email="noor@mail.example")
BRIDGE = record(
    "shopify:customer:bridge", day=9, first_name="noor", last_name="haddad", email="noor@mail.example", user_id="noor"
)
SPLIT = [
    record("salesforce:contact:first", day=1, first_name="otto", last_name="brandt"),
    record("salesforce:lead:second", day=2, first_name="pia", last_name="keller",
           linked_identity_keys=["salesforce:contact:first"]),
]  # fmt: skip
PARTED = [SPLIT[0], {**SPLIT[1], "linked_identity_keys": []}]

KNOWN = [*COUPLE, *FLATMATES, *NAMESAKES, *NICKNAME, *FATHER_AND_SON, *TABLET, *LOGIN]
PEOPLE = [*strangers(150), *CHAIN, *JUNK, *OFFICE, *KNOWN, *(row for case in CASES.values() for row in case.records)]
DAY_1 = [*PEOPLE, OLDER, YOUNGER, *SPLIT]
ADDED = record("braze:user:ada", day=8, first_name="ada", last_name="okafor", email="ada@mail.example")
EARLIER = record("ga360:visitor:earlier", day=1, user_id="mia")
DAY_2 = [*PEOPLE, OLDER, YOUNGER, *PARTED, BRIDGE, ADDED, EARLIER]


def resolve(warehouse: DbtWarehouse, records: list[Record]) -> None:
    """Replace the source records and resolve them."""
    file = io.BytesIO("\n".join(json.dumps(row) for row in records).encode())
    target = f"{warehouse.project}.{settings.layers['intermediate'].dataset}.int_identity__records"
    job = bigquery.LoadJobConfig(
        schema=SCHEMA,
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
    )
    warehouse.client.load_table_from_file(file, target, job_config=job).result()
    warehouse.build_models(*IDENTITY_MODELS, start=LAST_DAY, end=LAST_DAY)


def customers(warehouse: DbtWarehouse) -> dict[str, str]:
    """Return the customer of each source record."""
    return {row["identity_key"]: row["customer_id"] for row in warehouse.rows("identity_map", "silver")}


@pytest.fixture(scope="module")
def daily(dbt_warehouse: Callable[[str], DbtWarehouse]) -> tuple[DbtWarehouse, dict[str, str]]:
    """A warehouse that resolved day 1 and then day 2, and the customers of day 1."""
    warehouse = dbt_warehouse("identity-daily")
    resolve(warehouse, DAY_1)
    before = customers(warehouse)
    resolve(warehouse, DAY_2)
    return warehouse, before


def together(found: dict[str, str], records: list[Record]) -> int:
    """Return into how many customers the records fell."""
    return len({found[row["identity_key"]] for row in records})


def test_a_chain_of_a_thousand_records_is_one_customer(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    assert together(daily[1], CHAIN) == 1


@pytest.mark.parametrize(
    ("records", "people"),
    [
        (JUNK, 4),
        (OFFICE, 4),
        (COUPLE, 2),
        (FATHER_AND_SON, 2),
        (FLATMATES, 2),
        (NAMESAKES, 2),
        (NICKNAME, 1),
        (TABLET, 3),
        (LOGIN, 1),
        (SPLIT, 1),
        (strangers(150), 150),
    ],
    ids=[
        "junk",
        "shared mailbox",
        "couple",
        "father and son",
        "flatmates with one tablet",
        "numbered mailboxes of namesakes",
        "nickname and typo",
        "tablet",
        "login",
        "stated",
        "strangers",
    ],
)
def test_records_fall_into_as_many_customers_as_there_are_people(
    daily: tuple[DbtWarehouse, dict[str, str]], records: list[Record], people: int
) -> None:
    assert together(daily[1], records) == people


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_reported_situations(daily: tuple[DbtWarehouse, dict[str, str]], case: Case) -> None:
    assert together(daily[1], case.records) == case.people


def test_a_person_keeps_the_id_when_records_are_added(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    warehouse, before = daily
    after = customers(warehouse)
    assert after["braze:user:ada"] == after["shopify:customer:ada"] == before["shopify:customer:ada"]
    # An anonymous visit from before the person was known does not rename the customer either.
    assert after["ga360:visitor:earlier"] == after["shopify:customer:mia"] == before["shopify:customer:mia"]
    untouched = [row["identity_key"] for row in PEOPLE]
    assert {key: after[key] for key in untouched} == {key: before[key] for key in untouched}


def test_the_customer_who_was_known_first_survives_a_merge(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    warehouse, before = daily
    after = customers(warehouse)
    old, new = before["zendesk:user:younger"], before["braze:user:older"]
    assert old != new
    assert after["zendesk:user:younger"] == after["shopify:customer:bridge"] == after["braze:user:older"] == new
    history = {
        (row["old_customer_id"], row["new_customer_id"]): row for row in warehouse.rows("int_identity__merge_history")
    }
    assert history[old, new]["reason"] == "merged"
    # An id that was given out once still finds its customer.
    aliases = {row["alias_customer_id"]: row["customer_id"] for row in warehouse.rows("identity_map", "silver")}
    assert aliases[old] == new


def test_the_part_with_the_first_record_keeps_the_id_of_a_split(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    warehouse, before = daily
    after = customers(warehouse)
    first, second = (row["identity_key"] for row in SPLIT)
    assert after[first] == before[first] == before[second] != after[second]
    reasons = {row["old_customer_id"]: row["reason"] for row in warehouse.rows("int_identity__merge_history")}
    assert reasons[before[first]] == "split"


def test_only_touched_records_are_compared_again(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    touched = {row["identity_key"] for row in daily[0].rows("int_identity__touched")}
    assert touched == {"shopify:customer:bridge", "braze:user:ada"}


def test_daily_runs_end_where_one_run_over_all_records_does(
    daily: tuple[DbtWarehouse, dict[str, str]], dbt_warehouse: Callable[[str], DbtWarehouse]
) -> None:
    rebuilt = dbt_warehouse("identity-rebuilt")
    resolve(rebuilt, DAY_2[::-1])
    for table, layer in (
        ("int_identity__comparisons", "intermediate"),
        ("int_identity__edges", "intermediate"),
        ("int_identity__clusters", "intermediate"),
        ("identity_map", "silver"),
    ):
        rows = [
            Counter(json.dumps(row, default=str, sort_keys=True) for row in one.rows(table, layer))
            for one in (daily[0], rebuilt)
        ]
        assert rows[0] == rows[1], f"{table}: {(rows[0] - rows[1]) + (rows[1] - rows[0])}"
        assert rows[0]


def test_a_repeated_run_changes_nothing(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    warehouse, _ = daily
    tables = [("identity_map", "silver"), ("int_identity__merge_history", "intermediate")]

    def state() -> list[list[str]]:
        return [
            sorted(json.dumps(row, default=str, sort_keys=True) for row in warehouse.rows(*table)) for table in tables
        ]

    before = state()
    resolve(warehouse, DAY_2)
    assert state() == before
    assert warehouse.rows("int_identity__touched") == []
