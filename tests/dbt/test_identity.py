"""Identity resolution on small made-up populations: what must link, what must not, and what must stay."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable

import pytest
from google.cloud import bigquery
from martech.identity.decisions import DIFFERENT_PEOPLE, SAME_PERSON, Decision, DecisionError, Decisions
from martech.identity.fits import FitLog, changes, learn, shipped_model
from martech.warehouse.client import WarehouseClient
from martech.warehouse.ddl import load_scripts

from include.pipeline.settings import SQL_DIR, settings
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

# What a steward decides between the two days, whatever speaks for or against it.
ELSEWHERE = [
    record("shopify:customer:left", first_name="rahel", last_name="okonjo", email="rahel@mail.example"),
    record("zendesk:user:right", first_name="tomas", last_name="virtanen", email="tomas@mail.example"),
]
ONE_LOGIN = [
    record("shopify:customer:uma", first_name="uma", last_name="salo", user_id="uma"),
    record("braze:user:uma", first_name="uma", last_name="salo", user_id="uma"),
    record("firebase:user:uma", user_id="uma"),
]
TWO_ORDERS = [
    record(f"shopify:guest:order{number}", first_name="wim", last_name="aalto", email="wim@mail.example")
    for number in range(2)
]
MOTHER_AND_SON = [
    record(f"salesforce:contact:{name}", first_name=name, last_name="ilves", birth_date=born, user_id=f"u-{name}")
    for name, born in (("xena", "1950-02-03"), ("yrjo", "1981-09-08"))
]
CONTRADICTION = [
    record(f"zendesk:user:{name}", first_name=name, last_name=f"{name}son") for name in ("alpha", "bravo", "delta")
]
DECIDED: dict[str, tuple[Record, Record, str]] = {
    "elsewhere": (*ELSEWHERE, SAME_PERSON),
    "one-login": (*ONE_LOGIN[:2], DIFFERENT_PEOPLE),
    "two-orders": (*TWO_ORDERS, DIFFERENT_PEOPLE),
    "mother-and-son": (*MOTHER_AND_SON, SAME_PERSON),
    "first": (*CONTRADICTION[:2], SAME_PERSON),
    "second": (*CONTRADICTION[1:], SAME_PERSON),
    "third": (CONTRADICTION[2], CONTRADICTION[0], DIFFERENT_PEOPLE),
}
STEWARDS = [*ELSEWHERE, *ONE_LOGIN, *TWO_ORDERS, *MOTHER_AND_SON, *CONTRADICTION]

KNOWN = [*COUPLE, *FLATMATES, *NAMESAKES, *NICKNAME, *FATHER_AND_SON, *TABLET, *LOGIN]
PEOPLE = [
    *strangers(150),
    *CHAIN,
    *JUNK,
    *OFFICE,
    *KNOWN,
    *STEWARDS,
    *(row for case in CASES.values() for row in case.records),
]
DAY_1 = [*PEOPLE, OLDER, YOUNGER, *SPLIT]
ADDED = record("braze:user:ada", day=8, first_name="ada", last_name="okafor", email="ada@mail.example")
EARLIER = record("ga360:visitor:earlier", day=1, user_id="mia")
DAY_2 = [*PEOPLE, OLDER, YOUNGER, *PARTED, BRIDGE, ADDED, EARLIER]


def replace(warehouse: DbtWarehouse, table: str, rows: list[Record], schema: list[bigquery.SchemaField]) -> None:
    """Replace the rows of a table."""
    file = io.BytesIO("\n".join(json.dumps(row, default=str) for row in rows).encode())
    job = bigquery.LoadJobConfig(
        schema=schema,
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
    )
    warehouse.client.load_table_from_file(file, table, job_config=job).result()


def resolve(warehouse: DbtWarehouse, records: list[Record]) -> None:
    """Replace the source records and resolve them."""
    replace(warehouse, warehouse.table("intermediate.int_identity__records"), records, SCHEMA)
    warehouse.build_models(*IDENTITY_MODELS, start=LAST_DAY, end=LAST_DAY)


def create_in_ops(warehouse: DbtWarehouse, *tables: str) -> None:
    """Create tables of ``ops`` where they are missing."""
    context = warehouse.sql_context
    for script in load_scripts([SQL_DIR / "ops" / f"{table}.sql" for table in tables], context):
        warehouse.query(script.sql)


def decisions_of(warehouse: DbtWarehouse) -> Decisions:
    """Return the decisions of a warehouse; their table is made where it is missing."""
    create_in_ops(warehouse, "identity_decisions")
    return Decisions(warehouse.client, run_id="manual__decide", table=warehouse.table)


def decide(decisions: Decisions, decision_id: str, first: Record, second: Record, decision: str) -> None:
    keys = (first["identity_key"], second["identity_key"])
    decisions.keep(Decision(decision_id, keys, decision, "the steward", "they rang up"))


def decide_all(warehouse: DbtWarehouse) -> None:
    """Decide what `DECIDED` says; of two decisions about the same records the newer one holds."""
    decisions = decisions_of(warehouse)
    decide(decisions, "mistaken", *ELSEWHERE, DIFFERENT_PEOPLE)
    for decision_id, decided in DECIDED.items():
        decide(decisions, decision_id, *decided)


def customers(warehouse: DbtWarehouse) -> dict[str, str]:
    """Return the customer of each source record."""
    return {row["identity_key"]: row["customer_id"] for row in warehouse.rows("identity_map", "silver")}


@pytest.fixture(scope="module")
def daily(dbt_warehouse: Callable[[str], DbtWarehouse]) -> tuple[DbtWarehouse, dict[str, str]]:
    """A warehouse that resolved day 1 and then day 2, and the customers of day 1."""
    warehouse = dbt_warehouse("identity-daily")
    resolve(warehouse, DAY_1)
    before = customers(warehouse)
    decide_all(warehouse)
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
    untouched = [row["identity_key"] for row in PEOPLE if row not in STEWARDS]
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


@pytest.mark.parametrize(
    ("records", "undecided", "decided"),
    [
        (ELSEWHERE, 2, 1),
        (ONE_LOGIN, 1, 2),
        (TWO_ORDERS, 1, 2),
        (MOTHER_AND_SON, 2, 1),
        (CONTRADICTION, 3, 2),
    ],
    ids=["nothing speaks for it", "one login", "the same values", "much speaks against it", "three that contradict"],
)
def test_what_a_steward_decides_wins(
    daily: tuple[DbtWarehouse, dict[str, str]], records: list[Record], undecided: int, decided: int
) -> None:
    warehouse, before = daily
    assert (together(before, records), together(customers(warehouse), records)) == (undecided, decided)


def test_who_must_not_be_one_is_not_though_others_would_join_them(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    found = customers(daily[0])
    alpha, bravo, delta = (found[row["identity_key"]] for row in CONTRADICTION)
    assert alpha != delta
    assert bravo in {alpha, delta}
    said = daily[0].dbt("test", "--select", "decisions_are_followed", start=LAST_DAY, end=LAST_DAY)
    assert "Got 1 result" in said


def test_the_merge_history_names_the_decision(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    told = {
        row["decision_id"]: row["reason"]
        for row in daily[0].rows("int_identity__merge_history")
        if row["decision_id"] is not None
    }
    followed = told.keys() & {"first", "second"}
    assert len(followed) == 1
    assert told == {
        "elsewhere": "merged",
        "mother-and-son": "merged",
        "one-login": "split",
        "two-orders": "split",
        **dict.fromkeys(followed, "merged"),
    }


def test_daily_runs_end_where_one_run_over_all_records_does(
    daily: tuple[DbtWarehouse, dict[str, str]], dbt_warehouse: Callable[[str], DbtWarehouse]
) -> None:
    rebuilt = dbt_warehouse("identity-rebuilt")
    decisions_of(rebuilt)
    table = rebuilt.client.get_table(rebuilt.table("ops.identity_decisions"))
    replace(rebuilt, str(table), daily[0].rows("identity_decisions", "ops"), table.schema)
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


def test_what_is_withdrawn_no_longer_holds(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    warehouse, before = daily
    decisions = decisions_of(warehouse)
    keys = [row["identity_key"] for row in ELSEWHERE]
    decisions.withdraw((keys[1], keys[0]))
    with pytest.raises(DecisionError, match="Nothing is decided about"):
        decisions.withdraw((keys[0], keys[1]))
    resolve(warehouse, DAY_2)
    after = customers(warehouse)
    assert [after[key] for key in keys] == [before[key] for key in keys]
    history = warehouse.rows("int_identity__merge_history")
    assert {row["reason"] for row in history if row["decision_id"] == "elsewhere"} == {"merged", "split"}


def test_a_decision_that_cannot_be_kept_changes_nothing(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    warehouse = daily[0]
    decisions = decisions_of(warehouse)
    before = warehouse.rows("identity_decisions", "ops")
    first, second, third = CONTRADICTION
    decide(decisions, "second", second, third, SAME_PERSON)  # again, as a cleared task does
    for refused, records, message in (
        ("new", (first, {"identity_key": "zendesk:user:nobody"}), "There is no record zendesk:user:nobody"),
        ("second", (first, third), "Give this one an id of its own"),
        ("mistaken", ELSEWHERE, "no longer holds"),
        ("new", (first, first), "Give two"),
    ):
        with pytest.raises(DecisionError, match=message):
            decide(decisions, refused, *records, DIFFERENT_PEOPLE)
    assert warehouse.rows("identity_decisions", "ops") == before


def weights_now(warehouse: DbtWarehouse) -> dict[tuple[str, str], float]:
    """Build the weights, and return the share of each level among pairs of one person."""
    warehouse.build_models("--select", "int_identity__weights", start=LAST_DAY, end=LAST_DAY)
    rows = warehouse.query("select comparison, level, same_person from intermediate.int_identity__weights")
    return {(row["comparison"], row["level"]): row["same_person"] for row in rows}


def test_identity_follows_the_newest_adopted_fit(daily: tuple[DbtWarehouse, dict[str, str]]) -> None:
    warehouse = daily[0]
    create_in_ops(warehouse, "identity_fits", "identity_fit_weights")
    client = WarehouseClient(project_id=warehouse.project, location=settings.location)
    tables = {name: warehouse.table(f"intermediate.{name}") for name in ("identity_weights", "int_identity__levels")}
    shipped = shipped_model(client.bigquery, tables["identity_weights"], settings.pairs_per_record)
    as_shipped = weights_now(warehouse)
    assert as_shipped == {key: level.shares["same_person"] for key, level in shipped.levels.items()}

    fitted, record_count = learn(client.bigquery, tables["int_identity__levels"], shipped)
    assert record_count == warehouse.rows("int_identity__levels")[0]["record_count"]
    log = FitLog(client, run_id="scheduled__fit", table=warehouse.table)
    log.keep(fitted, record_count, ["namesakes"], adopt=False)
    assert weights_now(warehouse) == as_shipped
    log.keep(fitted, record_count, [], adopt=True)
    followed = weights_now(warehouse)
    assert followed == pytest.approx(fitted.shares["same_person"])
    assert followed != as_shipped
    assert changes(fitted, shipped)
    log.ship()
    assert weights_now(warehouse) == as_shipped
    assert [row["refusals"] for row in warehouse.rows("identity_fits", "ops")].count(["namesakes"]) == 1
