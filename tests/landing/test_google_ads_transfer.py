"""Google Ads by BigQuery's Data Transfer Service: views per account, with a snapshot per day.

Names of tables and columns are those of Google's page "Google Ads report transformation".
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from martech.declarations.reader import DeclarationError

from include.landing.declared_landings import HERE, connections
from tests.landing.conftest import Warehouse

DAY = date(2026, 11, 20)
KIND = "google_ads_transfer"
ACCOUNTS = ("1112223333", "4445556666")
CAMPAIGN = {
    "campaign_id": "INT64", "customer_id": "INT64", "campaign_name": "STRING", "campaign_status": "STRING",
    "campaign_advertising_channel_type": "STRING", "campaign_bidding_strategy_type": "STRING",
    "campaign_budget_amount_micros": "INT64", "campaign_start_date": "DATE", "campaign_end_date": "DATE",
    "_LATEST_DATE": "DATE", "_DATA_DATE": "DATE",
}  # fmt: skip
STATS = {
    "customer_id": "INT64", "campaign_id": "INT64", "ad_group_id": "INT64", "ad_group_ad_ad_id": "INT64",
    "ad_group_base_ad_group": "STRING", "segments_date": "DATE", "segments_device": "STRING",
    "segments_ad_network_type": "STRING", "metrics_impressions": "INT64", "metrics_clicks": "INT64",
    "metrics_interactions": "INT64", "metrics_cost_micros": "INT64", "metrics_conversions": "FLOAT64",
    "metrics_conversions_value": "FLOAT64", "metrics_view_through_conversions": "INT64", "_DATA_DATE": "DATE",
}  # fmt: skip
CLICKS = {
    "customer_id": "INT64", "campaign_id": "INT64", "ad_group_id": "INT64", "click_view_gclid": "STRING",
    "click_view_ad_group_ad": "STRING", "click_view_page_number": "INT64", "click_view_keyword_info_text": "STRING",
    "click_view_keyword_info_match_type": "STRING", "click_view_location_of_presence_city": "STRING",
    "segments_date": "DATE", "segments_click_type": "STRING", "segments_device": "STRING",
    "segments_ad_network_type": "STRING", "_DATA_DATE": "DATE",
}  # fmt: skip
AD_GROUP = {"ad_group_id": "INT64", "campaign_id": "INT64", "ad_group_name": "STRING", "_DATA_DATE": "DATE"}
LABEL = {"campaign_id": "INT64", "label_id": "INT64", "label_name": "STRING", "_DATA_DATE": "DATE"}


@pytest.fixture(scope="module")
def transferred(warehouse: Warehouse) -> Warehouse:
    """Two accounts, transferred to one dataset, each with a campaign and its snapshots of two days."""
    make = warehouse.connectors.make_table
    warehouse.connectors.make_dataset("ads_transfer")
    for number, account in enumerate(ACCOUNTS, start=1):
        ids = {"campaign_id": number, "customer_id": int(account)}
        ad = {**ids, "ad_group_id": 10 * number, "ad_group_ad_ad_id": 100 * number, "segments_device": "MOBILE"}
        day = {"segments_date": str(DAY), "_DATA_DATE": str(DAY)}
        campaign = {**ids, "campaign_name": f"new {number}", "campaign_status": "ENABLED",
                    "campaign_advertising_channel_type": "SEARCH", "campaign_bidding_strategy_type": "TARGET_CPA",
                    "campaign_budget_amount_micros": 5_000_000 * number, "campaign_start_date": "2026-11-01",
                    "campaign_end_date": "2037-12-30", "_LATEST_DATE": str(DAY), "_DATA_DATE": str(DAY)}  # fmt: skip
        tables = {
            "Campaign": (CAMPAIGN, [campaign, {**campaign, "campaign_name": "old", "_DATA_DATE": "2026-11-19"}]),
            "CampaignLabel": (
                LABEL,
                [{"campaign_id": number, "label_id": 7, "label_name": "brand", "_DATA_DATE": str(DAY)}],
            ),
            "AdGroup": (
                AD_GROUP,
                [{**ids, "ad_group_id": 10 * number, "ad_group_name": f"group {number}", "_DATA_DATE": str(DAY)}],
            ),
            "AdBasicStats": (
                STATS,
                [
                    {**ad, **day, "segments_ad_network_type": network, "metrics_clicks": clicks,
                     "metrics_impressions": 10 * clicks, "metrics_cost_micros": 1_000_000 * clicks,
                     "metrics_conversions": 0.5}
                    for network, clicks in (("SEARCH", 40), ("CONTENT", 9))
                ],
            ),
            "ClickStats": (
                CLICKS,
                [
                    {**ids, **day, "ad_group_id": 10 * number, "click_view_gclid": f"click-{number}",
                     "click_view_ad_group_ad": f"customers/{account}/adGroupAds/{10 * number}~{100 * number}",
                     "click_view_page_number": 1, "click_view_keyword_info_text": "shoes",
                     "segments_click_type": "URL_CLICKS", "segments_device": "MOBILE"}
                ],
            ),
        }  # fmt: skip
        for name, (columns, rows) in tables.items():
            known = [{key: value for key, value in row.items() if key in columns} for row in rows]
            make("ads_transfer", f"ads_{name}_{account}", columns, known)
            # The tables of which the views are made have no day of their own.
            make("ads_transfer", f"p_ads_{name}_{account}", {"customer_id": "INT64"}, [])
    warehouse.land("google_ads", "ads_transfer", days=[DAY], connector=KIND)
    return warehouse


def test_the_days_snapshot_of_every_account_lands(transferred: Warehouse) -> None:
    campaigns = {row["id"]: row for row in transferred.rows("google_ads_campaigns")}
    assert {number: row["name"] for number, row in campaigns.items()} == {1: "new 1", 2: "new 2"}
    first = campaigns[1]
    assert first["campaign_budget_amount_micros"] == 5_000_000
    assert first["bidding_strategy_type"] == "TARGET_CPA"
    assert (first["start_date"], first["end_date"]) == (date(2026, 11, 1), None)
    assert first["labels"] in (["brand"], '["brand"]')
    # The transfer writes no time: the end of the day that it reports on stands for it.
    assert first["_fivetran_synced"] == datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=UTC)


def test_figures_of_networks_are_added_up_per_ad(transferred: Warehouse) -> None:
    rows = {row["customer_id"]: row for row in transferred.rows("google_ads_ad_performance")}
    assert rows.keys() == {int(account) for account in ACCOUNTS}
    row = rows[int(ACCOUNTS[0])]
    assert (row["date"], row["clicks"], row["impressions"], row["cost_micros"]) == (DAY, 49, 490, 49_000_000)
    assert row["conversions"] == pytest.approx(1.0)
    assert (row["campaign_name"], row["ad_group_name"], row["ad_id"]) == ("new 1", "group 1", 100)


def test_clicks_land_with_their_ad(transferred: Warehouse) -> None:
    clicks = {row["gclid"]: row for row in transferred.rows("google_ads_clicks")}
    assert clicks.keys() == {"click-1", "click-2"}
    click = clicks["click-2"]
    assert (click["ad_id"], click["page_number"], click["click_type"]) == (200, 1, "URL_CLICKS")
    assert (click["date"], click["campaign_name"]) == (DAY, "new 2")


def test_a_table_that_was_not_transferred_is_named(warehouse: Warehouse) -> None:
    warehouse.connectors.make_dataset("ads_untransferred")
    with pytest.raises(AirflowException, match="has no table ad_stats or ads_AdBasicStats, which google_ads_transfer"):
        warehouse.land("google_ads", "ads_untransferred", days=[DAY], connector=KIND)


def test_currents_is_refused_with_what_is_supported(tmp_path: Path) -> None:
    text = (HERE / "braze.yml").read_text()
    (tmp_path / "braze.yml").write_text(text.replace("connector: fivetran", "connector: braze_currents"))
    with pytest.raises(DeclarationError, match=r"Currents writes files .*Fivetran's connector of Braze"):
        connections(tmp_path)
