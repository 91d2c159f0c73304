"""Google Analytics 4's own export to BigQuery: a table of events per day, of web and app, and one of users.

A page view, an event and a transaction of the web shop are events here; Analytics itself adds that a session has begun,
that a visitor is new, and that a product was seen. Google keeps no e-mail address and no push token.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tools.sample_sources.connectors.delivery import Connection, Row, Rows, Table, text_columns

PROPERTY = 300_100_200
WEB_STREAM, IOS_STREAM, ANDROID_STREAM = "4000000001", "4000000002", "4000000003"
EVENT_NAMES = {"submit": "generate_lead", "checkout": "begin_checkout"}

_VALUE = {"string_value": "STRING", "int_value": "INT64", "double_value": "FLOAT64"}
_MANUAL = ("campaign_name", "source", "medium", "term", "content")
EVENTS = Table(
    "events_",
    {
        **text_columns("event_date", "event_name", "user_id", "user_pseudo_id", "stream_id", "platform"),
        **dict.fromkeys(
            (
                "event_timestamp", "event_bundle_sequence_id", "batch_event_index", "user_first_touch_timestamp",
            ),
            "INT64",
        ),
        "event_value_in_usd": "FLOAT64",
        "event_params": [{"key": "STRING", "value": _VALUE}],
        "user_properties": [
            {"key": "STRING", "value": {"string_value": "STRING", "set_timestamp_micros": "INT64"}}
        ],
        "device": {
            **text_columns(
                "category", "mobile_brand_name", "mobile_model_name", "operating_system", "operating_system_version",
                "advertising_id", "language",
            ),
            "web_info": text_columns("browser", "hostname"),
        },
        "geo": text_columns("city", "country", "region"),
        "app_info": text_columns("id", "version"),
        "traffic_source": text_columns("name", "medium", "source"),
        "collected_traffic_source": text_columns(
            "manual_campaign_name", "manual_source", "manual_medium", "manual_term", "manual_content", "gclid"
        ),
        "session_traffic_source_last_click": {
            "manual_campaign": text_columns(*_MANUAL),
            "google_ads_campaign": text_columns("campaign_id", "campaign_name"),
            "cross_channel_campaign": text_columns("source", "medium", "default_channel_group"),
        },
        "ecommerce": {
            "purchase_revenue_in_usd": "FLOAT64",
            "purchase_revenue": "FLOAT64",
            "transaction_id": "STRING",
        },
        "items": [text_columns("item_id", "item_name")],
    },
    day="event_date",
)  # fmt: skip
USERS = Table(
    "pseudonymous_users_",
    {
        **text_columns("pseudo_user_id", "stream_id", "occurrence_date", "last_updated_date"),
        "user_info": dict.fromkeys(("last_active_timestamp_micros", "user_first_touch_timestamp_micros"), "INT64"),
        "device": text_columns("operating_system", "mobile_model_name"),
        "geo": text_columns("city", "country"),
        "user_properties": [
            {
                "key": "STRING",
                "value": {**text_columns("string_value", "user_property_name"), "set_timestamp_micros": "INT64"},
            }
        ],
        "user_ltv": {"revenue_in_usd": "FLOAT64"},
    },
    key=("pseudo_user_id", "stream_id"),
    day="occurrence_date",
)  # fmt: skip


def _micros(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


def _day(text: str) -> str:
    return text[:10].replace("-", "")


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"string_value": str(value).lower()}
    kind = {int: "int_value", float: "double_value"}.get(type(value), "string_value")
    return {kind: value}


def _pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value is not None]


def _properties(values: dict[str, Any], since: int) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value) | {"set_timestamp_micros": since}} for key, value in values.items()]


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _hit(row: Row) -> Rows:
    """Write a hit of the web shop, with the session of which it is part, as one event or more."""
    session, first = row["session"], row["is_entrance"]
    new = session["visit_number"] == 1
    names = [*(["first_visit"] if first and new else []), *(["session_start"] if first else [])]
    if row["type"] == "PAGE":
        names.append("page_view")
        names += ["view_item"] if row["ecommerce_action_type"] == "view" else []
    elif row["type"] == "TRANSACTION":
        names.append("purchase")
    else:
        names.append(EVENT_NAMES.get(row["event_action"], row["event_action"]))
    micros = _micros(row["hit_time"])
    for index, name in enumerate(names):
        # Events of one moment come in the order in which they were sent.
        yield EVENTS, _web_event(row, session, name) | {"event_timestamp": micros, "batch_event_index": index + 1}


def _web_event(row: Row, session: Row, name: str) -> Row:
    path = session["landing_page_path"] if row["is_entrance"] else row["page_path"]
    referral = session["traffic_source_referral_path"]
    purchase = name == "purchase"
    revenue = float(row["transaction_revenue"]) if purchase else None
    paid = session["traffic_source_campaign_id"] is not None
    direct = session["traffic_source_is_true_direct"]
    manual = {
        "campaign_name": None
        if session["traffic_source_campaign"] == "(not set)"
        else session["traffic_source_campaign"],
        "source": None if direct else session["traffic_source_source"],
        "medium": None if direct else session["traffic_source_medium"],
        "term": session["traffic_source_keyword"],
        "content": session["traffic_source_ad_content"],
    }
    return {
        "event_date": _day(row["hit_time"]),
        "event_name": name,
        "user_id": session["user_id"],
        "user_pseudo_id": session["client_id"],
        "stream_id": WEB_STREAM,
        "platform": "WEB",
        "event_value_in_usd": revenue,
        "event_params": _pairs(
            {
                "ga_session_id": session["visit_id"],
                "ga_session_number": session["visit_number"],
                "session_engaged": "0" if session["totals_bounces"] else "1",
                "page_location": f"https://{row['page_hostname']}{path}",
                "page_title": row.get("page_title"),
                "page_referrer": f"https://{session['traffic_source_source']}{referral}" if referral else None,
                "entrances": 1 if row["is_entrance"] and name == "page_view" else None,
                "value": row.get("event_value"),
                "logged_in": row["custom_dimensions"]["logged_in"],
            }
        ),
        "device": _filled(
            {
                "category": session["device_category"],
                "operating_system": session["device_operating_system"],
                "language": session["device_language"],
                "web_info": {"browser": session["device_browser"], "hostname": row["page_hostname"]},
            }
        ),
        "geo": {
            "country": session["geo_network_country"],
            "region": session["geo_network_region"],
            "city": session["geo_network_city"],
        },
        "collected_traffic_source": _filled(
            {f"manual_{field}": value for field, value in manual.items()} | {"gclid": session["traffic_source_gclid"]}
        )
        if row["is_entrance"]
        else None,
        "session_traffic_source_last_click": {
            "manual_campaign": _filled(manual)
            | {
                "campaign_name": session["traffic_source_campaign"],
                "source": session["traffic_source_source"],
                "medium": session["traffic_source_medium"],
            },
            "google_ads_campaign": {
                "campaign_id": session["traffic_source_campaign_id"],
                "campaign_name": session["traffic_source_campaign"],
            }
            if paid
            else None,
            "cross_channel_campaign": {
                "source": session["traffic_source_source"],
                "medium": session["traffic_source_medium"],
                "default_channel_group": session["channel_grouping"],
            },
        },
        "ecommerce": {
            "transaction_id": row["transaction_id"],
            "purchase_revenue": revenue,
            "purchase_revenue_in_usd": revenue,
        }
        if purchase
        else None,
        "items": [{"item_id": row["page_path"].rsplit("/", 1)[-1], "item_name": row["page_title"]}]
        if name == "view_item"
        else None,
    }


def _app_event(row: Row) -> Rows:
    purchase = row["event_name"] == "purchase"
    revenue = float(row["event_value_in_usd"]) if purchase else None
    same = ("event_timestamp", "event_name", "event_bundle_sequence_id", "user_id", "user_pseudo_id",
            "user_first_touch_timestamp", "platform")  # fmt: skip
    yield (
        EVENTS,
        {name: row[name] for name in same}
        | {
            "event_date": _day(row["event_date"]),
            "stream_id": _app_stream(row["platform"]),
            "event_value_in_usd": revenue,
            "event_params": _pairs(row["event_params"]),
            "user_properties": _properties(row["user_properties"], row["event_timestamp"]),
            "device": _part(row, "device_"),
            "geo": _part(row, "geo_"),
            "app_info": _part(row, "app_info_"),
            "traffic_source": _part(row, "traffic_source_"),
            "ecommerce": {
                "transaction_id": row["event_params"]["transaction_id"],
                "purchase_revenue": revenue,
                "purchase_revenue_in_usd": revenue,
            }
            if purchase
            else None,
        },
    )


def _part(row: Row, prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix) and value is not None
    }


def _app_stream(platform: str) -> str:
    return IOS_STREAM if platform == "IOS" else ANDROID_STREAM


def _user(row: Row) -> Rows:
    active = _micros(row["last_active_time"])
    yield (
        USERS,
        {
            "pseudo_user_id": row["user_pseudo_id"],
            "stream_id": _app_stream(row["platform"]),
            # A user is in the table of each day on which something about it changed.
            "occurrence_date": _day(row["_fivetran_synced"]),
            "last_updated_date": _day(row["_fivetran_synced"]),
            "user_info": {
                "last_active_timestamp_micros": active,
                "user_first_touch_timestamp_micros": _micros(row["first_open_time"]),
            },
            "device": {"mobile_model_name": row["device_mobile_model_name"], "operating_system": row["platform"]},
            "geo": {"country": row["geo_country"], "city": row["geo_city"]},
            "user_properties": [
                {"key": pair["key"], "value": pair["value"] | {"user_property_name": pair["key"]}}
                for pair in _properties(row["user_properties"], active)
            ],
            "user_ltv": {"revenue_in_usd": float(row["user_ltv_revenue"])},
        },
    )


CONNECTION = Connection(
    dataset=f"analytics_{PROPERTY}",
    tables=(EVENTS, USERS),
    writes={"ga360_hits": _hit, "firebase_events": _app_event, "firebase_users": _user},
)
