"""Salesforce as Fivetran delivers it: an object per table, a column per custom field, deletes in ``is_deleted``."""

from __future__ import annotations

from tools.sample_sources.connectors.delivery import SYNCED, Connection, Row, Rows, Table, text_columns

_RECORD = {
    "created_date": "TIMESTAMP",
    "last_modified_date": "TIMESTAMP",
    "system_modstamp": "TIMESTAMP",
    "is_deleted": "BOOL",
    **SYNCED,
}
ACCOUNT = Table(
    "account",
    {
        **text_columns(
            "id", "name", "type", "parent_id", "owner_id", "industry", "rating", "phone", "website", "billing_street",
            "billing_city", "billing_state", "billing_postal_code", "billing_country", "account_source", "segment_c",
        ),
        "annual_revenue": "FLOAT64",
        "number_of_employees": "INT64",
        **_RECORD,
    },
    key=("id",),
)  # fmt: skip
CONTACT = Table(
    "contact",
    {
        **text_columns(
            "id", "account_id", "owner_id", "first_name", "last_name", "email", "phone", "mobile_phone", "title",
            "department", "lead_source", "mailing_street", "mailing_city", "mailing_state", "mailing_postal_code",
            "mailing_country", "persona_c",
        ),
        "birthdate": "TIMESTAMP",
        "has_opted_out_of_email": "BOOL",
        "do_not_call": "BOOL",
        "email_bounced_date": "TIMESTAMP",
        "last_activity_date": "TIMESTAMP",
        **_RECORD,
    },
    key=("id",),
)  # fmt: skip
LEAD = Table(
    "lead",
    {
        **text_columns(
            "id", "owner_id", "first_name", "last_name", "email", "phone", "mobile_phone", "company", "title",
            "industry", "lead_source", "status", "rating", "street", "city", "state", "postal_code", "country",
            "website", "converted_contact_id", "converted_account_id", "converted_opportunity_id", "utm_source_c",
            "utm_medium_c", "utm_campaign_c", "gclid_c", "ga_client_id_c", "budget_c", "need_c", "timeline_c",
            "last_scored_c", "ad_campaign_id_c",
        ),
        "annual_revenue": "FLOAT64",
        "number_of_employees": "INT64",
        "has_opted_out_of_email": "BOOL",
        "is_converted": "BOOL",
        "converted_date": "TIMESTAMP",
        "authority_c": "BOOL",
        **_RECORD,
    },
    key=("id",),
)  # fmt: skip
OPPORTUNITY = Table(
    "opportunity",
    {
        **text_columns(
            "id", "account_id", "owner_id", "name", "type", "stage_name", "lead_source",
            "forecast_category", "loss_reason_c", "competitor_c", "ad_campaign_id_c",
        ),
        "amount": "FLOAT64",
        "expected_revenue": "FLOAT64",
        "probability": "FLOAT64",
        "close_date": "TIMESTAMP",
        "is_closed": "BOOL",
        "is_won": "BOOL",
        **_RECORD,
    },
    key=("id",),
)  # fmt: skip
CONTACT_ROLE = Table(
    "opportunity_contact_role",
    {
        **text_columns("id", "opportunity_id", "contact_id", "role"),
        "is_primary": "BOOL",
        "is_deleted": "BOOL",
        **SYNCED,
    },
    key=("id",),
)


def _object(table: Table, row: Row) -> Row:
    """Return a raw row with a column per custom field, and of the types that the connector gives."""
    # What the landing page noted is an ad's campaign; Salesforce's own field is for campaigns of Salesforce.
    fields = row | row.get("custom_fields", {}) | {"ad_campaign_id__c": row.get("campaign_id")}
    # The connector folds two underscores: budget__c → budget_c.
    values = {name.replace("__c", "_c"): value for name, value in fields.items()}
    return {name: _value(kind, values[name]) for name, kind in table.columns.items() if name in values}


def _value(kind: str, value: object) -> object:
    if value is not None and kind == "FLOAT64":
        return float(str(value))
    # A Salesforce date comes as a time of midnight.
    return f"{value}T00:00:00Z" if kind == "TIMESTAMP" and len(str(value)) == len("2026-01-01") else value


def _account(row: Row) -> Rows:
    yield ACCOUNT, _object(ACCOUNT, row)


def _contact(row: Row) -> Rows:
    yield CONTACT, _object(CONTACT, row)


def _lead(row: Row) -> Rows:
    yield LEAD, _object(LEAD, row)


def _opportunity(row: Row) -> Rows:
    yield OPPORTUNITY, _object(OPPORTUNITY, row)
    yield (
        CONTACT_ROLE,
        {
            "id": row["id"].replace("006", "00K", 1),
            "opportunity_id": row["id"],
            "contact_id": row["contact_id"],
            "role": "Decision Maker",
            "is_primary": True,
            "is_deleted": row["is_deleted"],
        },
    )


CONNECTION = Connection(
    dataset="salesforce",
    tables=(ACCOUNT, CONTACT, LEAD, OPPORTUNITY, CONTACT_ROLE),
    writes={
        "salesforce_accounts": _account,
        "salesforce_contacts": _contact,
        "salesforce_leads": _lead,
        "salesforce_opportunities": _opportunity,
    },
)
