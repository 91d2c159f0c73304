"""A snapshot of ml_features holds what was known when its day began: what happens later never changes it.

One warehouse has only what landed until the snapshot was final (``late_arrival_days`` after the day before), another
one has everything. Both build the same snapshot from scratch.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import SEED, DbtWarehouse
from tools.sample_sources.generate import generate
from tools.sample_sources.recipe import Recipe

FIRST_DAY = date(2026, 11, 8)
LAST_KNOWN_DAY = date(2026, 11, 12)
SNAPSHOT = LAST_KNOWN_DAY + timedelta(days=1)
FINAL_DAY = LAST_KNOWN_DAY + timedelta(days=int(settings.variables["late_arrival_days"]))
LAST_DAY = date(2026, 11, 21)
SAID_LATER = LAST_DAY - timedelta(days=1)

_PERSON = {"first_name": "Calliope", "last_name": "Redgrave", "email": "calliope.redgrave@mail42-example.com"}
_CONTACT = _PERSON | {"id": "003late"}
_DEAL = {"id": "006late", "name": "Redgrave", "contact_id": "003late", "amount": 900}
_LEAD = {"id": "00Qlate", "first_name": "Ivo", "last_name": "Tamm", "email": "ivo.tamm@mail42-example.com"}
_STATE = {"is_deleted": False, "_fivetran_deleted": False, "created_date": f"{LAST_KNOWN_DAY}T08:00:00Z"}
# What sales knew on the last day before the snapshot, and what it said when the snapshot was final: the deal had been
# won the day before, and the lead decides.
SAID = {
    LAST_KNOWN_DAY: {
        "salesforce_contacts": _CONTACT,
        "salesforce_opportunities": _DEAL
        | {"stage_name": "Negotiation", "close_date": "2026-12-01", "is_closed": False, "is_won": False},
        "salesforce_leads": _LEAD | {"status": "Open - Not Contacted", "is_converted": False},
    },
    SAID_LATER: {
        "salesforce_opportunities": _DEAL
        | {"stage_name": "Closed Won", "close_date": f"{LAST_KNOWN_DAY}", "is_closed": True, "is_won": True},
        "salesforce_leads": _LEAD
        | {"status": "Working - Contacted", "is_converted": False, "title": "CEO", "number_of_employees": 900},
    },
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("point_in_time")
    generate(Recipe(80, FIRST_DAY, LAST_DAY, seed=SEED, difficulty="normal"), directory)
    return directory


def say(warehouse: DbtWarehouse, day: date) -> None:
    """Land what sales said on a day."""
    for table, row in SAID[day].items():
        stamps = {"last_modified_date": f"{day}T09:00:00Z", "_fivetran_synced": f"{day}T23:30:00Z"}
        warehouse.insert(table, [_STATE | row | stamps])


def build(warehouse: DbtWarehouse, start: date, end: date) -> None:
    warehouse.build_models("--select", "+ml_features", "+int_leads__observed", start=start, end=end)


def snapshot_of(warehouse: DbtWarehouse) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rows of the snapshot by entity."""
    rows = warehouse.query(f"select * from ml_features where snapshot_date = '{SNAPSHOT}'", "gold")
    return {(row["entity_type"], row["entity_id"]): row for row in rows}


def record_scores_of(warehouse: DbtWarehouse) -> dict[tuple[str, date], dict[str, Any]]:
    """Return what leads scored by their records on their first days, as far as these were final."""
    rows = warehouse.query(f"""
        select lead_id, observed_date, budget_score, authority_score, source_score, company_score
        from int_leads__observed
        where not is_current and observed_date <= '{LAST_KNOWN_DAY}'
    """)
    return {(row["lead_id"], row["observed_date"]): row for row in rows}


def customers_of(warehouse: DbtWarehouse) -> dict[str, str]:
    """Return the customer of each source record."""
    return {row["identity_key"]: row["customer_id"] for row in warehouse.rows("identity_map", "silver")}


@pytest.fixture(scope="module")
def warehouse(dbt_warehouse: Callable[[str], DbtWarehouse], sample: Path) -> DbtWarehouse:
    """All that landed until the snapshot was final."""
    warehouse = dbt_warehouse("features-then")
    warehouse.create_layer("gold")
    warehouse.land(sample, FIRST_DAY, FINAL_DAY)
    say(warehouse, LAST_KNOWN_DAY)
    build(warehouse, FIRST_DAY, FINAL_DAY)
    return warehouse


def test_a_rebuilt_snapshot_is_the_one_of_its_day_to_the_row(warehouse: DbtWarehouse, sample: Path):
    then, customers_then, scores_then = snapshot_of(warehouse), customers_of(warehouse), record_scores_of(warehouse)
    assert {entity_type for entity_type, _ in then} == {"customer", "lead"}
    warehouse.land(sample, FINAL_DAY + timedelta(days=1), LAST_DAY)
    say(warehouse, SAID_LATER)
    build(warehouse, FINAL_DAY + timedelta(days=1), LAST_DAY)
    customers_later = customers_of(warehouse)
    # It would prove little if nobody had turned out to be somebody else since.
    assert any(customers_later.get(key) != customer for key, customer in customers_then.items())
    build(warehouse, LAST_KNOWN_DAY, LAST_KNOWN_DAY)
    rebuilt = snapshot_of(warehouse)
    assert rebuilt.keys() == then.keys()
    differing = {key: (then[key], rebuilt[key]) for key in then if then[key] != rebuilt[key]}
    assert not differing
    # Nor if sales had said nothing since.
    assert warehouse.query("select known_date from int_features__won_deals where opportunity_id = '006late'") == [
        {"known_date": SAID_LATER}
    ]
    scores_later = record_scores_of(warehouse)
    assert scores_then[("00Qlate", LAST_KNOWN_DAY)]["authority_score"] < 100
    assert {key: scores_later.get(key) for key in scores_then} == scores_then


def test_a_snapshot_built_with_later_data_only_differs_where_identity_was_corrected(
    warehouse: DbtWarehouse, dbt_warehouse: Callable[[str], DbtWarehouse], sample: Path
):
    """Runs last. Events never leak; without a history of links, identity is that of the first run."""
    later = dbt_warehouse("features-later")
    later.create_layer("gold")
    later.land(sample, FIRST_DAY, LAST_DAY)
    for day in SAID:
        say(later, day)
    build(later, FIRST_DAY, LAST_DAY)
    rows_then, rows_later = snapshot_of(warehouse), snapshot_of(later)
    known = f"select identity_key, customer_id from int_features__links where valid_from < '{SNAPSHOT}'"
    records: list[dict[str, set[str]]] = []
    for side in (warehouse, later):
        members: dict[str, set[str]] = {}
        for row in side.query(
            known + " qualify row_number() over (partition by identity_key order by valid_from desc) = 1"
        ):
            members.setdefault(row["customer_id"], set()).add(row["identity_key"])
        records.append(members)
    same_person = {key for key, keys in records[0].items() if records[1].get(key) == keys}
    assert len(same_person) > 0.7 * len(records[0])
    customers = {("customer", key) for key in same_person}
    assert customers & rows_then.keys()
    assert {k: rows_then[k] for k in customers & rows_then.keys()} == {
        k: rows_later[k] for k in customers & rows_later.keys()
    }
