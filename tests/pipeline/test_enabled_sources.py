"""Sources can be off: no DAG, no milestone and no check is about them."""

from __future__ import annotations

import pytest
from martech.declarations.reader import DeclarationError

from include.landing.enabled_sources import enabled_sources
from include.pipeline.deadlines import milestones
from include.pipeline.settings import SettingsError
from include.pipeline.sources import load_sources
from include.quality.declared_checks import CHECKS_FILE, quality_tables


@pytest.fixture(autouse=True)
def nothing_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SALESFORCE", "GA4", "GOOGLE_ADS", "BRAZE", "SHOPIFY", "ZENDESK"):
        monkeypatch.delenv(f"MARKETING_LANDING_{name}", raising=False)
    monkeypatch.delenv("MARKETING_SOURCES", raising=False)


def test_all_sources_are_on_where_none_has_a_dataset() -> None:
    assert list(enabled_sources()) == list(load_sources())


def test_sources_with_a_dataset_are_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_LANDING_SHOPIFY", "shop_se, shop_no")
    assert list(enabled_sources()) == ["shopify"]
    # One export has web and app.
    monkeypatch.setenv("MARKETING_LANDING_GA4", "analytics_1")
    assert list(enabled_sources()) == ["ga360", "firebase", "shopify"]


def test_named_sources_are_on_whoever_fills_bronze(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_LANDING_SHOPIFY", "shop")
    monkeypatch.setenv("MARKETING_SOURCES", "zendesk, shopify")
    assert list(enabled_sources()) == ["shopify", "zendesk"]


def test_an_unknown_source_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_SOURCES", "shopify,hubspot")
    with pytest.raises(SettingsError, match=r"MARKETING_SOURCES names hubspot, .* use some of salesforce, .* unset it"):
        enabled_sources()


def test_a_late_gold_is_not_laid_to_a_source_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_SOURCES", "shopify")
    watched = {milestone.dag_id: milestone.tables for milestone in milestones()}
    assert [dag for dag in watched if dag.startswith("ingest_")] == ["ingest_shopify"]
    assert watched["build_silver"] == (), "a shop alone has days without a session"
    assert watched["build_gold"] == ("executive_kpis", "ml_features")


def test_nothing_is_expected_of_a_source_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_SOURCES", "shopify")
    assert {table.name for table in quality_tables("bronze")} == {
        "shopify_customers",
        "shopify_orders",
        "shopify_order_line_items",
    }
    expected = {table.name: table.expect for table in quality_tables("silver")}
    assert expected["unified_sessions"] == "sparse"
    assert expected["customer_360"] == "current"
    monkeypatch.setenv("MARKETING_SOURCES", "shopify,firebase")
    expected = {table.name: table for table in quality_tables("silver")}
    assert expected["unified_sessions"].expect == "daily"
    assert expected["customer_360"].day_field == "as_of_date"


def test_a_day_without_rows_is_no_gap_where_the_connector_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    def gaps() -> set[str]:
        return {table.name.split("_")[0] for table in quality_tables("bronze") if "partition_gap" in table.severity}

    assert gaps() == {"salesforce", "ga360", "firebase", "google", "braze", "shopify", "zendesk"}
    monkeypatch.setenv("FIVETRAN_CONNECTOR_SHOPIFY", "warm_goose")
    assert "shopify" not in gaps()
    monkeypatch.setenv("MARKETING_LANDING_GA4", "analytics_1")
    monkeypatch.setenv("MARKETING_SOURCES", "ga360,shopify,zendesk")
    assert gaps() == {"zendesk"}


def test_fed_by_names_sources(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("checks") / "checks.yml"
    path.write_text(CHECKS_FILE.read_text().replace("fed_by: [google_ads]", "fed_by: [googleads]"))
    with pytest.raises(DeclarationError, match=r"ad_performance\.fed_by\.0: there is no such source\. Use some of"):
        quality_tables("silver", path)
