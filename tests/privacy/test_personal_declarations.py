"""What is personal is declared everywhere, and so are the columns that say whose row it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from martech.declarations.reader import DeclarationError
from martech.privacy.personal_table import SHORTEST_SEARCHED
from martech.quality.client import QualityClient
from martech.retention.client import RetentionClient
from martech.warehouse.ddl import render

from include.pipeline.declared_retention import declared_retention
from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import SQL_DIR, settings
from include.privacy.declared_personal_data import model_tables, ops_tables, personal_columns
from include.quality.declared_checks import quality_tables
from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY
from tests.privacy.conftest import PrivateWarehouse

# Names of columns that hold what identifies a person. Flags, hashes, counts and the like do not.
PERSONAL = re.compile(
    r"(^|_)(email|email_address|phone|mobile|first_names?|last_names?|full_name|street2?|address[12]|zip|postcode|"
    r"postal_code|birth_?date|dob|ip|client_ip|user_agent|device_ids?|devices|advertising_id|push_token|client_id|"
    r"visitor_id|user_pseudo_id|gclids?|cart_token|landing_site|identity_keys?)(_[a-z]|__c)?(_normalized)?$"
)
IMPERSONAL = re.compile(r"(^|_)(is|has|distinct|verified)_|_(hash|level|frequency|count)$")
# Columns by which a row belongs to somebody.
OWNING = {"identity_key", "identity_key_a", "customer_id", "person_key", "entity_id", "node", "node_a"}
NOBODYS = {
    "google_ads_ad_performance", "google_ads_campaigns",  # customer_id is the advertiser's account
}  # fmt: skip


def personal(columns: list[str]) -> set[str]:
    return {column for column in columns if PERSONAL.search(column) and not IMPERSONAL.search(column)}


def test_every_personal_column_of_a_raw_table_is_declared(warehouse: PrivateWarehouse) -> None:
    declared = {table.table_id: table for table in warehouse.tables()}
    for script in layer_scripts("bronze"):
        create = script.create
        columns = [column.name for column in create.columns]
        table = declared[create.table_id]
        assert personal(columns) <= set(table.pii), f"{create.table_id}: add to `pii` in sources.yml"
        assert {*table.pii, *table.owners, *table.references} <= set(columns), create.table_id


def test_every_personal_column_that_dbt_builds_is_flagged(warehouse: PrivateWarehouse) -> None:
    flagged = {table.name: set(table.pii) for table in warehouse.tables()}
    missing = []
    for layer in ("intermediate", "silver", "gold"):
        for item in warehouse.client.list_tables(settings.layers[layer].dataset):
            if item.table_type != "TABLE":
                continue
            name = f"{warehouse.project}.{item.dataset_id}.{item.table_id}"
            columns = [field.name for field in warehouse.client.get_table(name).schema]
            missing += [f"{item.table_id}.{column}" for column in personal(columns) - flagged.get(name, set())]
    assert not missing, "add `config: {meta: {pii: true}}` to the column"


def test_every_raw_column_that_holds_what_names_a_person_is_declared(warehouse: PrivateWarehouse) -> None:
    """By values: whatever names anybody of the sample is searched in every column of every raw table."""
    everybody = render(SQL_DIR / "privacy" / "person_identifiers.sql", warehouse.sql_context)
    everybody = everybody.replace("@customer_id", "customer_id")
    named = {row["value"].rpartition(":")[2] for row in warehouse.query(f"select distinct value from ({everybody})")}
    people_of = f"select full_name, street, city from `{warehouse.table('silver.customer_360')}`"
    named |= {value for row in warehouse.query(people_of) for value in row.values() if value}
    values = {value.casefold() for value in named if len(value) >= SHORTEST_SEARCHED}
    assert len(values) > 500
    declared = {table.table_id: set(table.pii) for table in warehouse.tables()}
    found = {
        f"{name.partition('.')[2]}.{column}"
        for name, rows in warehouse.contents(["bronze"]).items()
        for row in rows
        for column, value in json.loads(row).items()
        if column not in declared[name.partition(".")[2]] and names_somebody(value, values)
    }
    assert found == set(), "add them to `pii` in sources.yml"


def names_somebody(value: Any, values: set[str]) -> bool:
    """Return whether a text has one of the values, or a word that is one."""
    text = (value if isinstance(value, str) else json.dumps(value)).casefold()
    return text in values or not values.isdisjoint(re.split(r"[^\w@.+-]+", text))


def test_every_transaction_of_a_customer_is_found_by_its_id(warehouse: PrivateWarehouse) -> None:
    """Those of guests too, whose orders are records of their own: destinations of conversions know no other key."""
    named = {row["value"] for row in warehouse.identifiers() if row["kind"] == "transaction"}
    sold = warehouse.query("select transaction_id from unified_transactions where customer_id is not null", "silver")
    assert sold
    assert {row["transaction_id"] for row in sold} - named == set()


def test_the_monitor_of_columns_keeps_no_value_that_names_anybody(warehouse: PrivateWarehouse) -> None:
    """On days of a few rows too, where each value is a frequent one."""
    values = (row["value"] for row in warehouse.identifiers())
    names = {value.casefold() for value in values if len(value) >= SHORTEST_SEARCHED}
    personal = personal_columns(warehouse.manifest)
    client = QualityClient(project_id=warehouse.project, location="US")
    kept = {
        f"{table.label}.{column}: {value}"
        for layer in ("bronze", "silver", "gold")
        for table in quality_tables(layer)
        for column, days in client.profile_columns(
            table, FIRST_DAY, LAST_DAY, personal[f"{settings.project_id}.{table.label}"]
        ).items()
        for profile in days.values()
        for value in profile.values
        if value.casefold() in names
    }
    assert kept == set()


def test_the_warehouse_keeps_rows_for_as_long_as_is_declared(warehouse: PrivateWarehouse) -> None:
    """As BigQuery says it of what was built: staging's events too, which have no DDL."""
    client = RetentionClient(project_id=warehouse.project, location="US")
    declared = declared_retention(warehouse.manifest)
    for layer in ("bronze", "intermediate", "silver", "gold"):
        dataset = settings.layers[layer].dataset
        found = {name: table.expiration_days for name, table in client.tables(dataset).items()}
        assert found
        expected = {name: declared[dataset].get(name) for name in found}
        assert found == expected, layer


def test_every_table_with_a_person_in_it_says_whose_rows_it_holds(warehouse: PrivateWarehouse) -> None:
    missing = []
    for table in warehouse.tables():
        if table.owners or table.table_id in NOBODYS or table.dataset_id == settings.layers["ops"].dataset:
            continue
        columns = {field.name for field in warehouse.client.get_table(table.name).schema}
        missing += [f"{table.table_id}.{column}" for column in columns & OWNING]
    assert not missing, "add `person:` to the model's meta"


def test_every_declared_column_exists(warehouse: PrivateWarehouse) -> None:
    for table in warehouse.tables():
        columns = {field.name for field in warehouse.client.get_table(table.name).schema}
        assert {*table.owners, *table.references, *table.texts, *table.pii} <= columns, table.name


def test_every_operations_table_with_personal_data_is_declared() -> None:
    declared = {table.table_id for table in ops_tables() if table.pii}
    labelled = {
        script.create.table_id
        for script in layer_scripts("ops")
        if script.create.options["labels"].get("pii") == "true"
    }
    assert labelled <= declared


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "nowhere: {pii: [a]}",
            r"ops_tables.yml:1: nowhere: include/sql/ops creates no such table\. Use one of: activation_changelog",
        ),
        (
            "activation_state:\n  pii: [nothing]",
            r"ops_tables.yml:2: activation_state.pii.nothing: there is no such column\. Use a column .*payload",
        ),
        ("activation_state: {owner: x}", "activation_state.owner: .*Use only: person, text, pii"),
        (
            "activation_state: {person: {record_key: passport}}",
            "activation_state.person.record_key: .*passport.* one of customer, identity",
        ),
    ],
)
def test_a_wrong_declaration_names_the_table_and_the_fix(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "ops_tables.yml"
    file.write_text(text)
    with pytest.raises(DeclarationError, match=message):
        ops_tables(file)


def test_a_missing_manifest_names_the_fix(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make it with `make manifest`"):
        model_tables(tmp_path / "manifest.json")
