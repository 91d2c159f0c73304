"""Zendesk Support as Fivetran delivers it: what a ticket went through is in its field history and its comments."""

from __future__ import annotations

from datetime import datetime, timedelta

from tools.sample_sources.connectors.delivery import DELETED, SYNCED, Connection, Row, Rows, Table, text_columns

AGENTS = range(370_900_000, 370_900_006)

USER = Table(
    "user",
    {
        "id": "INT64",
        "organization_id": "INT64",
        "custom_tickets": "INT64",
        **text_columns(
            "name", "email", "phone", "role", "external_id", "locale", "time_zone", "shared_phone_number"
        ),
        "active": "BOOL",
        "verified": "BOOL",
        "suspended": "BOOL",
        "created_at": "TIMESTAMP",
        "updated_at": "TIMESTAMP",
        "last_login_at": "TIMESTAMP",
        **SYNCED,
        **DELETED,
    },
    key=("id",),
)  # fmt: skip
USER_TAG = Table("user_tag", {"user_id": "INT64", "tag": "STRING", **SYNCED}, key=("user_id", "tag"))
TICKET = Table(
    "ticket",
    {
        **dict.fromkeys(
            ("id", "requester_id", "submitter_id", "assignee_id", "group_id", "organization_id"), "INT64"
        ),
        **text_columns("subject", "description", "type", "status", "priority", "via_channel", "custom_order_number"),
        "created_at": "TIMESTAMP",
        "updated_at": "TIMESTAMP",
        **SYNCED,
        **DELETED,
    },
    key=("id",),
)  # fmt: skip
TICKET_TAG = Table("ticket_tag", {"ticket_id": "INT64", "tag": "STRING", **SYNCED}, key=("ticket_id", "tag"))
TICKET_FIELD_HISTORY = Table(
    "ticket_field_history",
    {
        "ticket_id": "INT64",
        "field_name": "STRING",
        "updated": "TIMESTAMP",
        "user_id": "INT64",
        "value": "STRING",
        **SYNCED,
    },
    key=("ticket_id", "field_name", "updated"),
)
TICKET_COMMENT = Table(
    "ticket_comment",
    {
        "id": "INT64",
        "ticket_id": "INT64",
        "user_id": "INT64",
        "body": "STRING",
        "public": "BOOL",
        "created": "TIMESTAMP",
        **SYNCED,
    },
    key=("id",),
)


def _user(row: Row) -> Rows:
    same = ("id", "name", "email", "phone", "role", "organization_id", "external_id", "locale", "time_zone", "verified",
            "suspended", "created_at", "updated_at", "last_login_at", "_fivetran_deleted")  # fmt: skip
    yield (
        USER,
        {name: row[name] for name in same}
        | {
            "active": not row["_fivetran_deleted"],
            "shared_phone_number": str(row["shared_phone_number"]).lower(),
            "custom_tickets": row["user_fields"]["tickets"],
        },
    )
    for tag in row["tags"] or ():
        yield USER_TAG, {"user_id": row["id"], "tag": tag}


def _ticket(row: Row) -> Rows:
    same = ("id", "requester_id", "submitter_id", "organization_id", "subject", "description", "type", "status",
            "priority", "via_channel", "created_at", "updated_at", "_fivetran_deleted")  # fmt: skip
    yield (
        TICKET,
        {name: row[name] for name in same}
        | {
            "assignee_id": row.get("assignee_id"),
            "group_id": row.get("group_id"),
            "custom_order_number": (row["custom_fields"] or {}).get("order_number"),
        },
    )
    for tag in row["tags"]:
        yield TICKET_TAG, {"ticket_id": row["id"], "tag": tag}
    opened, solved = row["created_at"], row.get("solved_at")
    yield _change(row["id"], "status", "new", opened, row["requester_id"])
    yield _change(row["id"], "satisfaction_score", "unoffered", opened, row["requester_id"])
    yield _comment(row, 0, opened, row["requester_id"], row["description"])
    if row["replies"]:
        agent = row["assignee_id"]
        answered = (datetime.fromisoformat(opened) + timedelta(minutes=row["reply_time_in_minutes"])).isoformat()
        yield _change(row["id"], "status", "open", answered, agent)
        yield _comment(row, 1, answered, agent, "We are looking into it.")
        if solved:
            yield _change(row["id"], "status", "solved", solved, agent)
            yield _change(row["id"], "satisfaction_score", "offered", solved, agent)
            yield _comment(row, 2, solved, agent, "This should be solved now.")
    if row["status"] == "closed":
        yield _change(row["id"], "status", "closed", row["updated_at"], None)


def _rating(row: Row) -> Rows:
    for name in ("score", "comment", "reason"):
        if row[name]:
            field = f"satisfaction_{name.replace('reason', 'reason_code')}"
            yield _change(row["ticket_id"], field, row[name], row["created_at"], row["requester_id"])


def _change(ticket_id: int, field: str, value: str, when: str, user_id: int | None) -> tuple[Table, Row]:
    change = {"ticket_id": ticket_id, "field_name": field, "updated": when, "user_id": user_id, "value": value}
    return TICKET_FIELD_HISTORY, change


def _comment(ticket: Row, number: int, when: str, user_id: int, body: str) -> tuple[Table, Row]:
    return (
        TICKET_COMMENT,
        {
            "id": ticket["id"] * 10 + number,
            "ticket_id": ticket["id"],
            "user_id": user_id,
            "body": body,
            "public": True,
            "created": when,
        },
    )


def _first() -> Rows:
    for number, agent in enumerate(AGENTS, start=1):
        yield (
            USER,
            {
                "id": agent,
                "name": f"Agent {number}",
                "email": f"agent{number}@nexvigilant.example",
                "role": "agent",
                "locale": "en-US",
                "active": True,
                "verified": True,
                "suspended": False,
                "created_at": "2025-01-15T09:00:00Z",
                "updated_at": "2025-01-15T09:00:00Z",
                "_fivetran_deleted": False,
            },
        )


CONNECTION = Connection(
    dataset="zendesk",
    tables=(USER, USER_TAG, TICKET, TICKET_TAG, TICKET_FIELD_HISTORY, TICKET_COMMENT),
    writes={"zendesk_users": _user, "zendesk_tickets": _ticket, "zendesk_satisfaction_ratings": _rating},
    first=_first,
)
