"""Google Ads as Fivetran delivers it: histories of campaigns and ads, and reports at the grain of Google's own.

A search ad has a row per keyword; a Performance Max campaign has no ads, so only the campaign report knows it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from tools.sample_sources.ad_account import AD_TYPES, ad_groups
from tools.sample_sources.connectors.delivery import SYNCED, Connection, Row, Rows, Table, text_columns
from tools.sample_sources.words import campaigns, words

WITHOUT_ADS = "PERFORMANCE_MAX"
OPEN_END = "2037-12-30"  # what Google reports for a campaign without an end
PARTS = 2  # keywords to which a search ad's figures are shared out
# Of the campaign report; there is one for each ad of a campaign, so that the rows add up to the ads'.
NETWORKS = ("SEARCH", "SEARCH_PARTNERS", "CONTENT", "YOUTUBE_WATCH")
CREATED = "2025-01-15T09:00:00Z"

_VERSION = {"updated_at": "TIMESTAMP", "_fivetran_active": "BOOL", **SYNCED}
_FIGURES = {
    **dict.fromkeys(("impressions", "clicks", "interactions", "cost_micros", "view_through_conversions"), "INT64"),
    "conversions": "FLOAT64",
    "conversions_value": "FLOAT64",
}

CAMPAIGN_HISTORY = Table(
    "campaign_history",
    {
        "id": "INT64",
        "customer_id": "INT64",
        **text_columns(
            "name", "status", "advertising_channel_type", "bidding_strategy_type", "start_date", "end_date"
        ),
        **_VERSION,
    },
    key=("id", "updated_at"),
)  # fmt: skip
CAMPAIGN_BUDGET_HISTORY = Table(
    "campaign_budget_history",
    {"id": "INT64", "campaign_id": "INT64", "amount_micros": "INT64", **_VERSION},
    key=("id", "updated_at"),
)
LABEL = Table("label", {"id": "INT64", "customer_id": "INT64", "name": "STRING", **SYNCED}, key=("id",))
CAMPAIGN_LABEL_HISTORY = Table(
    "campaign_label_history",
    {"campaign_id": "INT64", "label_id": "INT64", **_VERSION},
    key=("campaign_id", "label_id", "updated_at"),
)
AD_GROUP_HISTORY = Table(
    "ad_group_history",
    {"id": "INT64", "campaign_id": "INT64", **text_columns("campaign_name", "name", "status"), **_VERSION},
    key=("id", "updated_at"),
)
AD_HISTORY = Table(
    "ad_history",
    {"id": "INT64", "ad_group_id": "INT64", **text_columns("type", "status"), **_VERSION},
    key=("id", "ad_group_id", "updated_at"),
)
AD_STATS = Table(
    "ad_stats",
    {
        "_fivetran_id": "STRING",
        "customer_id": "INT64",
        "date": "DATE",
        "campaign_id": "INT64",
        "ad_id": "INT64",
        **text_columns("ad_group_id", "ad_group", "keyword_ad_group_criterion", "ad_network_type", "device"),
        **_FIGURES,
        **SYNCED,
    },
    key=("_fivetran_id",),
)
CAMPAIGN_STATS = Table(
    "campaign_stats",
    {
        "_fivetran_id": "STRING",
        "customer_id": "INT64",
        "date": "DATE",
        "id": "INT64",
        **text_columns("ad_network_type", "device"),
        **_FIGURES,
        **SYNCED,
    },
    key=("_fivetran_id",),
)
CLICK = Table(
    "click_view",
    {
        "_fivetran_id": "STRING",
        "customer_id": "INT64",
        "date": "DATE",
        **dict.fromkeys(
            (
                "campaign_id", "ad_group_id", "page_number", "location_of_presence_country",
                "location_of_presence_city",
            ),
            "INT64",
        ),
        **text_columns(
            "gclid", "ad_group_ad", "click_type", "keyword_info_text", "keyword_info_match_type", "device",
            "ad_network_type",
        ),
        **SYNCED,
    },
    key=("_fivetran_id",),
)  # fmt: skip
GEO_TARGET = Table("geo_target", {"id": "INT64", **text_columns("name", "target_type"), **SYNCED}, key=("id",))


def _fivetran_id(*dimensions: object) -> str:
    return hashlib.sha256("/".join(map(str, dimensions)).encode()).hexdigest()[:28]


def _shares(row: Row, part: int, parts: int) -> dict[str, Any]:
    """Return one part of a row's figures; the parts add up to them. What cannot be halved is the first part's."""
    counts = ("impressions", "clicks", "interactions", "cost_micros", "view_through_conversions")
    shared = {name: row[name] // parts + (row[name] % parts if part == 0 else 0) for name in counts}
    return shared | {
        "conversions": row["conversions"] if part == 0 else 0.0,
        "conversions_value": float(row["conversions_value"]) if part == 0 else 0.0,
    }


def _campaign(row: Row) -> Rows:
    version = {"updated_at": CREATED, "_fivetran_active": True}
    same = ("id", "customer_id", "name", "status", "advertising_channel_type", "bidding_strategy_type", "start_date")
    yield CAMPAIGN_HISTORY, {name: row[name] for name in same} | {"end_date": row["end_date"] or OPEN_END} | version
    yield (
        CAMPAIGN_BUDGET_HISTORY,
        {
            "id": row["campaign_budget_id"],
            "campaign_id": row["id"],
            "amount_micros": row["campaign_budget_amount_micros"],
        }
        | version,
    )
    for label in row["labels"]:
        yield CAMPAIGN_LABEL_HISTORY, {"campaign_id": row["id"], "label_id": _number_of(label)} | version


def _ad(row: Row) -> Rows:
    dimensions = {"customer_id": row["customer_id"], "date": row["date"], "device": row["device"]}
    network = NETWORKS[row["ad_id"] // 10 % 10 * 2 + row["ad_id"] % 10]
    yield (
        CAMPAIGN_STATS,
        {
            "_fivetran_id": _fivetran_id(row["campaign_id"], network, *dimensions.values()),
            "id": row["campaign_id"],
            "ad_network_type": network,
        }
        | dimensions
        | _shares(row, 0, 1),
    )
    if row["ad_network_type"] == "MIXED":
        return
    parts = PARTS if row["ad_network_type"] == "SEARCH" else 1
    criterion = f"customers/{row['customer_id']}/adGroupCriteria/{row['ad_group_id']}"
    for part in range(parts):
        yield (
            AD_STATS,
            {
                "_fivetran_id": _fivetran_id(row["ad_id"], part, *dimensions.values()),
                "campaign_id": row["campaign_id"],
                "ad_group_id": str(row["ad_group_id"]),
                "ad_group": f"customers/{row['customer_id']}/adGroups/{row['ad_group_id']}",
                "ad_id": row["ad_id"],
                "keyword_ad_group_criterion": f"{criterion}~{part}" if parts > 1 else None,
                "ad_network_type": row["ad_network_type"],
            }
            | dimensions
            | _shares(row, part, parts),
        )


def _click(row: Row) -> Rows:
    same = ("customer_id", "date", "gclid", "campaign_id", "ad_group_id", "click_type", "device", "ad_network_type",
            "page_number")  # fmt: skip
    yield (
        CLICK,
        {name: row[name] for name in same}
        | {
            "_fivetran_id": _fivetran_id(row["date"], row["gclid"]),
            "ad_group_ad": f"customers/{row['customer_id']}/adGroupAds/{row['ad_group_id']}~{row['ad_id']}",
            "keyword_info_text": row["keyword"],
            "keyword_info_match_type": row["keyword_match_type"],
            "location_of_presence_country": _number_of(row["location_country"]),
            "location_of_presence_city": _number_of(row["location_city"]),
        },
    )


def _number_of(name: str | None) -> int | None:
    """Return the id under which Google keeps a label or a place."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:5]) if name else None


def _first() -> Rows:
    account = campaigns()["google_ads"]
    version = {"updated_at": CREATED, "_fivetran_active": True}
    for campaign in account["campaigns"]:
        if campaign["type"] == WITHOUT_ADS:
            continue
        for group in ad_groups(campaign):
            yield (
                AD_GROUP_HISTORY,
                {
                    "id": group.id,
                    "campaign_id": campaign["id"],
                    "campaign_name": campaign["name"],
                    "name": group.name,
                    "status": "ENABLED",
                }
                | version,
            )
            for ad_id in group.ad_ids:
                ad = {"id": ad_id, "ad_group_id": group.id, "type": AD_TYPES[campaign["type"]], "status": "ENABLED"}
                yield AD_HISTORY, ad | version
    labels = {label for campaign in account["campaigns"] for label in (campaign["channel"], campaign["audience"])}
    for label in sorted(labels):
        yield LABEL, {"id": _number_of(label), "customer_id": account["customer_id"], "name": label}
    places = [(city, "City") for city, *_ in words().cities.things]
    places += [(country, "Country") for country in sorted({country for _, _, country, *_ in words().cities.things})]
    for place, kind in places:
        yield GEO_TARGET, {"id": _number_of(place), "name": place, "target_type": kind}


CONNECTION = Connection(
    dataset="google_ads",
    tables=(
        CAMPAIGN_HISTORY, CAMPAIGN_BUDGET_HISTORY, LABEL, CAMPAIGN_LABEL_HISTORY, AD_GROUP_HISTORY, AD_HISTORY,
        AD_STATS, CAMPAIGN_STATS, CLICK, GEO_TARGET,
    ),
    writes={
        "google_ads_campaigns": _campaign,
        "google_ads_ad_performance": _ad,
        "google_ads_clicks": _click,
    },
    first=_first,
)  # fmt: skip
