"""Braze as Fivetran delivers it: profiles, campaigns with a flag per channel, and a table of events per channel."""

from __future__ import annotations

from typing import Any

from tools.sample_sources.connectors.delivery import DELETED, SYNCED, Connection, Row, Rows, Table, text_columns
from tools.sample_sources.words import campaigns

CREATED = "2025-03-01T09:00:00Z"
CHANNEL_FLAGS = {"email": "channel_email", "push": "channel_ios_push", "sms": "channel_sms",
                 "in_app": "channel_trigger_in_app_message"}  # fmt: skip
EVENT_TYPES = {"sent": "Send", "delivered": "Delivery", "open": "Open", "click": "Click", "bounce": "Bounce",
               "unsubscribe": "Unsubscribe"}  # fmt: skip

USER = Table(
    "user",
    {
        **text_columns(
            "id", "external_id", "email", "phone", "first_name", "last_name", "country", "home_city", "language",
            "gender", "dob", "time_zone", "email_subscribe", "push_subscribe", "favourite_category", "company",
        ),
        "email_opted_in_at": "TIMESTAMP",
        "email_unsubscribed_at": "TIMESTAMP",
        "total_revenue": "FLOAT64",
        "created_at": "TIMESTAMP",
        **SYNCED,
    },
    key=("id",),
)  # fmt: skip
DEVICE = Table("device", {**text_columns("id", "user_id", "os"), **SYNCED}, key=("id", "user_id"))
PURCHASE_EVENT = Table("purchase_event", {**text_columns("id", "user_id", "external_user_id"), **SYNCED}, key=("id",))
SESSION_EVENT = Table(
    "session_event",
    {**text_columns("id", "user_id", "external_user_id"), "time": "TIMESTAMP", **SYNCED},
    key=("id",),
)
CAMPAIGN = Table(
    "campaign",
    {
        **text_columns("id", "name", "schedule_type", "first_sent", "last_sent"),
        **dict.fromkeys(("archived", "draft", *CHANNEL_FLAGS.values()), "BOOL"),
        "created_at": "TIMESTAMP",
        "updated_at": "TIMESTAMP",
        **SYNCED,
        **DELETED,
    },
    key=("id", "updated_at"),
)
CAMPAIGN_TAG = Table(
    "campaign_tag",
    {**text_columns("campaign_id", "tag"), "campaign_updated_at": "TIMESTAMP", **SYNCED},
    key=("campaign_id", "campaign_updated_at", "tag"),
)
CANVAS = Table("canvas", {**text_columns("id", "name"), "updated_at": "TIMESTAMP", **SYNCED}, key=("id", "updated_at"))
CANVAS_STEP = Table(
    "canvas_step",
    {**text_columns("id", "canvas_id", "canvas_step_name"), "updated_at": "TIMESTAMP", **SYNCED},
    key=("id", "updated_at"),
)


def _events(name: str, *more: str) -> Table:
    return Table(
        name,
        {
            **text_columns(
                "id", "event_type", "external_user_id", "user_id", "campaign_id", "canvas_id", "canvas_step_id",
                "message_variation_id", "dispatch_id", "user_agent", *more,
            ),
            "time": "TIMESTAMP",
            **SYNCED,
        },
        key=("id",),
    )  # fmt: skip


EVENTS = {
    "email": _events("email_event", "email_address", "url", "bounce_reason", "machine_open"),
    "push": _events("push_notification_event"),
    "in_app": _events("in_app_message_event"),
    "sms": _events("sms_event"),
}


def _user(row: Row) -> Rows:
    same = ("external_id", "email", "phone", "first_name", "last_name", "country", "home_city", "language", "gender",
            "dob", "time_zone", "email_subscribe", "push_subscribe", "email_opted_in_at", "email_unsubscribed_at",
            "created_at")  # fmt: skip
    yield (
        USER,
        {name: row[name] for name in same}
        | row["custom_attributes"]
        | {"id": row["braze_id"], "total_revenue": float(row["total_revenue"])},
    )
    for device in row["devices"] or ():
        yield DEVICE, {"id": device["device_id"], "user_id": row["braze_id"], "os": device["os"]}
    who = {"user_id": row["braze_id"], "external_user_id": row["external_id"]}
    for number in range(row["purchase_count"]):
        yield PURCHASE_EVENT, {"id": f"{row['braze_id']}-purchase-{number}"} | who
    if active := row["last_active_at"]:
        yield SESSION_EVENT, {"id": f"{row['braze_id']}-{active}", "time": active} | who


def _campaign(row: Row) -> Rows:
    same = ("id", "name", "schedule_type", "first_sent", "last_sent", "created_at", "updated_at", "_fivetran_deleted")
    yield (
        CAMPAIGN,
        {name: row[name] for name in same}
        | {"archived": row["is_archived"], "draft": row["is_draft"]}
        | {flag: channel in row["channels"] for channel, flag in CHANNEL_FLAGS.items()},
    )
    for tag in row["tags"]:
        yield CAMPAIGN_TAG, {"campaign_id": row["id"], "campaign_updated_at": row["updated_at"], "tag": tag}


def _event(row: Row) -> Rows:
    same = ("id", "external_user_id", "campaign_id", "canvas_id", "message_variation_id", "dispatch_id")
    values: dict[str, Any] = {name: row[name] for name in same}
    values |= {
        "event_type": EVENT_TYPES[row["event_type"]],
        "time": row["event_time"],
        "user_id": row["braze_id"],
        "canvas_step_id": _step_id(row["canvas_step_name"]),
        "user_agent": row.get("user_agent"),
    }
    table = EVENTS[row["channel"]]
    known = {
        "email_address": row["email_address"],
        "url": row.get("link_url"),
        "bounce_reason": row.get("bounce_reason"),
        "machine_open": None if row.get("machine_open") is None else str(row["machine_open"]).lower(),
    }
    yield table, values | {name: value for name, value in known.items() if name in table.columns}


def _step_id(name: str | None) -> str | None:
    return f"step-{name}" if name else None


def _first() -> Rows:
    for canvas in campaigns()["braze"]["canvases"]:
        yield CANVAS, {"id": canvas["id"], "name": canvas["name"], "updated_at": CREATED}
        for step in canvas["steps"]:
            yield (
                CANVAS_STEP,
                {
                    "id": _step_id(step),
                    "canvas_id": canvas["id"],
                    "updated_at": CREATED,
                    "canvas_step_name": step,
                },
            )


CONNECTION = Connection(
    dataset="braze",
    tables=(USER, DEVICE, PURCHASE_EVENT, SESSION_EVENT, CAMPAIGN, CAMPAIGN_TAG, CANVAS, CANVAS_STEP, *EVENTS.values()),
    writes={"braze_users": _user, "braze_campaigns": _campaign, "braze_message_events": _event},
    first=_first,
)
