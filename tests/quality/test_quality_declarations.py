"""checks.yml fits the DDL and dbt; a wrong one says where and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from martech.declarations.reader import DeclarationError
from martech.quality.profile import profile_sql

from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import DBT_DIR, settings
from include.pipeline.sources import load_sources
from include.quality import declared_checks
from include.quality.declared_checks import (
    CHECKS_FILE,
    LAYERS,
    load_policy,
    quality_tables,
    raw_rules,
)


@pytest.fixture(scope="module", autouse=True)
def ddl_is_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(declared_checks, "layer_scripts", cache(layer_scripts))
        yield


@pytest.fixture
def changed(tmp_path: Path) -> Any:
    """Return a function that changes one value of checks.yml and reads the result."""

    def change(keys: str, value: Any) -> None:
        document = yaml.safe_load(CHECKS_FILE.read_text())
        *path, last = keys.split("/")
        part = document
        for key in path:
            part = part.setdefault(key, {})
        if value is None:
            del part[last]
        else:
            part[last] = value
        file = tmp_path / "checks.yml"
        file.write_text(yaml.safe_dump(document))
        for layer in LAYERS:
            quality_tables(layer, file)
        raw_rules(path=file)

    return change


@pytest.mark.parametrize("layer", LAYERS)
def test_every_table_of_the_ddl_is_checked(layer: str) -> None:
    expected = {script.create.table_id for script in layer_scripts(layer) if script.create.kind == "table"}
    tables = quality_tables(layer)
    assert {table.name for table in tables} == expected
    assert all(table.severity.get("schema") for table in tables)


def test_targets_of_references_exist_with_their_columns() -> None:
    models = {path.stem for path in (DBT_DIR / "models").rglob("*.sql")}
    columns = {table.name: table.columns for layer in ("silver", "gold") for table in quality_tables(layer)}
    for layer in LAYERS:
        for table in quality_tables(layer):
            for reference in table.references:
                target = reference.to.split(".")[-1]
                assert target in models, f"{table.label}: {reference.to} is no dbt model"
                assert reference.key in columns.get(target, {reference.key: ""})


def test_bronze_takes_its_facts_from_sources_and_ddl() -> None:
    tables = {table.name: table for table in quality_tables("bronze")}
    ratings = tables["zendesk_satisfaction_ratings"]
    declared = next(t for t in load_sources()["zendesk"].tables if t.name == ratings.name)
    assert (ratings.expect, ratings.partition_field) == (declared.expect, declared.partition_field)
    assert ratings.max_age == declared.max_age
    assert ratings.history_days == settings.layers["bronze"].retention_days
    assert ratings.critical["ticket_id"] == 0, "NOT NULL in the DDL"


def test_every_raw_table_has_columns_that_must_be_filled_and_identity_has_its_e_mails() -> None:
    for table in quality_tables("bronze"):
        chosen = {column: share for column, share in table.critical.items() if share > 0}
        assert chosen, f"{table.label}: say under critical which columns must be filled."
        assert max(chosen.values()) <= 0.15
        # What identity resolution lives on; an app knows it of those only who have logged in.
        if "email" in table.columns and table.name != "firebase_users":
            assert "email" in table.critical, f"{table.label}.email is not checked for nulls."


def test_rules_of_a_source_are_those_of_its_tables() -> None:
    rules = {rule.name: rule for rule in raw_rules("shopify")}
    assert set(rules) == {table.name for table in load_sources()["shopify"].tables}
    assert "id" in rules["shopify_orders"].required
    assert rules["shopify_orders"].ranges["total_price"][0] is None
    assert len(raw_rules()) == sum(len(source.tables) for source in load_sources().values())


def test_profile_reads_what_it_needs_and_each_day_by_its_partition() -> None:
    orders = next(table for table in quality_tables("bronze") if table.name == "shopify_orders")
    sql = profile_sql("a-project", orders)
    assert "client_ip" not in sql
    assert sql.count("_fivetran_synced >= cast(@") == sql.count("from `a-project.raw_data.shopify_orders`")


def test_policy() -> None:
    policy = load_policy()
    assert policy.weights["error"] > policy.weights["warning"]
    assert policy.healing_days > 0


@pytest.mark.parametrize(
    ("keys", "value", "where", "fix"),
    [
        ("severity/volume", "fatal", "severity.volume", "error (fails the run), warning (is reported)"),
        ("severity/volume", False, "severity.volume", '"off" in quotes (YAML reads a plain off as false)'),
        ("severity/volumes", "error", "severity", "Use only: schema, freshness, partition_gap"),
        ("limits/null_share", 5, "limits.null_share", "a share from 0 to 1"),
        ("healing", None, "the document", "Add `healing:` (max_days: so many days a run may rebuild)"),
        ("silver/customer_360/expect", None, "silver.customer_360", "Add `expect:` (daily (each day has rows)"),
        ("silver/customer_360/expect", "hourly", "silver.customer_360.expect", "daily (each day has rows), sparse"),
        ("silver/customer_360/expect", "daily", "silver.customer_360", "Write expect: current, or partition"),
        ("silver/customer_360/drift", ["country"], "silver.customer_360.drift", "Remove drift"),
        ("silver/unified_leads/day_field", "created_date", "silver.unified_leads.day_field", "Remove day_field"),
        ("silver/unified_leads", None, "silver.unified_leads", "Add it with `expect:`"),
        ("silver/unified_calls/expect", "daily", "silver.unified_calls", "Use one of: customer_360, identity_map"),
        ("gold/lead_scores/day_field", "scored", "gold.lead_scores.day_field.scored", "Use a column of its DDL"),
        ("bronze/shopify_orders/critical", {"prise": 0}, "bronze.shopify_orders.critical.prise", "total_price"),
        ("bronze/shopify_orders/critical", {"total_price": "low"}, "critical.total_price", "a share from 0 to 1, or"),
        ("bronze/shopify_orders/drift", ["nowhere"], "bronze.shopify_orders.drift.nowhere", "Use a column of its DDL"),
        ("bronze/shopify_orders/valid", {"name": {"at_least": 0}}, "valid.name", "Use a number column"),
        ("bronze/shopify_orders/valid", {"total_price": {}}, "valid.total_price", "at_least, at_most or both"),
        (
            "bronze/zendesk_tickets/references/requester_id/to", "bronze.zendesk_users.id",
            "references.requester_id.to", "bronze forgets, so it cannot be a target",
        ),
        ("bronze/zendesk_tickets/expect", "daily", "bronze.zendesk_tickets", "Use only: critical, references, drift"),
    ],
)  # fmt: skip
def test_mistake_is_told_with_its_place_and_fix(changed: Any, keys: str, value: Any, where: str, fix: str) -> None:
    with pytest.raises(DeclarationError) as error:
        changed(keys, value)
    place, said, rest = str(error.value).split(": ", 2)
    file, number = place.split(":")
    assert where in said
    assert fix in rest
    line = Path(file).read_text().splitlines()[int(number) - 1]
    # A key that is missing is reported where it belongs.
    assert any(f"{key}:" in line for key in said.split(".")) or said == "the document"


def test_broken_yaml(tmp_path: Path) -> None:
    file = tmp_path / "checks.yml"
    file.write_text("limits: {null_share: 0.05\nbronze:")
    with pytest.raises(DeclarationError, match="Check the indentation and quotes of this line"):
        quality_tables("bronze", file)


def test_what_a_table_says_wins(changed: Any, tmp_path: Path) -> None:
    own = {"severity": {"drift": "off", "volume": "error"}, "limits": {"volume_deviations": 9}}
    changed("gold/executive_kpis", {"expect": "daily", **own})
    kpis = next(table for table in quality_tables("gold", tmp_path / "checks.yml") if table.name == "executive_kpis")
    assert "drift" not in kpis.severity
    assert kpis.severity["volume"] == "error"
    assert kpis.severity["schema"] == "error"
    assert (kpis.limits.volume_deviations, kpis.limits.volume_weeks) == (9, 8)
