"""Shopify as Fivetran delivers it since its move to GraphQL: orders, and tables of their own for what hangs on them."""

from __future__ import annotations

from tools.sample_sources.connectors.delivery import DELETED, SYNCED, Connection, Row, Rows, Table, text_columns
from tools.sample_sources.ids import product_id
from tools.sample_sources.words import words

_CURRENCY = "USD"
_ADDRESS = ("first_name", "last_name", "address_1", "city", "province_code", "zip", "country_code")
_MONEY = ("subtotal_price", "total_discounts", "total_tax", "total_shipping_price", "total_price")
_FULFILLMENT = {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED", "fulfilled": "FULFILLED"}

CUSTOMER = Table(
    "customer",
    {
        "id": "INT64",
        **text_columns(
            "email", "phone", "first_name", "last_name", "state", "email_marketing_consent_state",
            "sms_marketing_consent_state", "currency", "note",
        ),
        "verified_email": "BOOL",
        "orders_count": "INT64",
        "total_spent": "FLOAT64",
        "created_at": "TIMESTAMP",
        "updated_at": "TIMESTAMP",
        **SYNCED,
        **DELETED,
    },
    key=("id",),
)  # fmt: skip
CUSTOMER_ADDRESS = Table(
    "customer_address",
    {
        "id": "INT64",
        "customer_id": "INT64",
        **text_columns(*_ADDRESS, "address_2", "company", "phone"),
        "is_default": "BOOL",
        **SYNCED,
    },
    key=("id", "customer_id"),
)
CUSTOMER_TAG = Table(
    "customer_tag",
    {"customer_id": "INT64", "index": "INT64", "value": "STRING", **SYNCED},
    key=("customer_id", "index"),
)
METAFIELD = Table(
    "metafield",
    {
        "id": "INT64",
        "owner_id": "INT64",
        **text_columns("owner_resource", "namespace", "key", "type", "value"),
        **SYNCED,
    },
    key=("id",),
)
ORDER = Table(
    "order",
    {
        "id": "INT64",
        "number": "INT64",
        "customer_id": "INT64",
        "staff_member_id": "INT64",
        **text_columns(
            "name", "email", "currency_code", "display_financial_status", "display_fulfillment_status",
            "cancel_reason", "source_name", "client_ip",
        ),
        **dict.fromkeys((f"{name}_set_shop_amount" for name in _MONEY), "FLOAT64"),
        **text_columns(*(f"{kind}_address_{name}" for kind in ("billing", "shipping") for name in _ADDRESS)),
        "test": "BOOL",
        "cancelled_at": "TIMESTAMP",
        "created_at": "TIMESTAMP",
        "processed_at": "TIMESTAMP",
        "updated_at": "TIMESTAMP",
        **SYNCED,
        **DELETED,
    },
    key=("id",),
)  # fmt: skip
CUSTOMER_VISIT = Table(
    "customer_visit",
    {
        "id": "INT64",
        "order_id": "INT64",
        **text_columns("type", "landing_page", "referrer_url"),
        "occurred_at": "TIMESTAMP",
        **SYNCED,
    },
    key=("id",),
)
ORDER_TAG = Table(
    "order_tag", {"order_id": "INT64", "index": "INT64", "value": "STRING", **SYNCED}, key=("order_id", "index")
)
ORDER_DISCOUNT_CODE = Table(
    "order_discount_code",
    {"order_id": "INT64", "index": "INT64", "code": "STRING", **SYNCED},
    key=("order_id", "index"),
)
ORDER_CUSTOM_ATTRIBUTE = Table(
    "order_custom_attribute", {"order_id": "INT64", **text_columns("key", "value"), **SYNCED}, key=("order_id", "key")
)
REFUND = Table(
    "refund",
    {
        "id": "INT64",
        "order_id": "INT64",
        "total_refunded_set_shop_amount": "FLOAT64",
        "created_at": "TIMESTAMP",
        "updated_at": "TIMESTAMP",
        **SYNCED,
    },
    key=("id",),
)
ORDER_LINE = Table(
    "order_line",
    {
        **dict.fromkeys(("id", "order_id", "product_id", "variant_id", "quantity", "unfulfilled_quantity"), "INT64"),
        **text_columns("sku", "title", "variant_title", "vendor"),
        "original_total_set_shop_amount": "FLOAT64",
        "total_discount_set_shop_amount": "FLOAT64",
        "is_gift_card": "BOOL",
        "taxable": "BOOL",
        **SYNCED,
    },
    key=("id",),
)
REFUND_LINE_ITEM = Table(
    "refund_line_item",
    {"id": "INT64", "refund_id": "INT64", "order_line_id": "INT64", "quantity": "FLOAT64", **SYNCED},
    key=("id",),
)
PRODUCT = Table(
    "product",
    {"id": "INT64", **text_columns("title", "product_type", "vendor", "status"), **SYNCED, **DELETED},
    key=("id",),
)


def _raw(name: str) -> str:
    # Fivetran parts the number from the word.
    return name.replace("address_1", "address1").replace("address_2", "address2")


def _upper(text: str | None) -> str | None:
    return text.upper() if text else None


def _customer(row: Row) -> Rows:
    same = ("id", "email", "phone", "first_name", "last_name", "currency", "note", "verified_email", "orders_count",
            "created_at", "updated_at", "_fivetran_deleted")  # fmt: skip
    yield (
        CUSTOMER,
        {name: row[name] for name in same}
        | {
            "state": _upper(row["state"]),
            "email_marketing_consent_state": _upper(row["email_marketing_consent_state"]),
            "sms_marketing_consent_state": _upper(row["sms_marketing_consent_state"]),
            "total_spent": float(row["total_spent"]),
        },
    )
    address = {name: row[f"default_address_{_raw(name)}"] for name in (*_ADDRESS, "address_2")}
    address |= {name: row[f"default_address_{name}"] for name in ("company", "phone")}
    yield CUSTOMER_ADDRESS, {"id": row["id"], "customer_id": row["id"], "is_default": True, **address}
    for index, tag in enumerate(filter(None, (row["tags"] or "").split(", "))):
        yield CUSTOMER_TAG, {"customer_id": row["id"], "index": index, "value": tag}
    for index, (key, value) in enumerate(sorted(row["metafields"].items())):
        yield (
            METAFIELD,
            {
                "id": row["id"] * 10 + index,
                "owner_id": row["id"],
                "owner_resource": "customer",
                "namespace": "custom",
                "key": key,
                "type": "single_line_text_field",
                "value": value,
            },
        )


def _order(row: Row) -> Rows:
    same = ("id", "name", "customer_id", "email", "source_name", "client_ip", "test", "created_at", "processed_at",
            "updated_at", "_fivetran_deleted")  # fmt: skip
    yield (
        ORDER,
        {name: row[name] for name in same}
        | {
            "number": row["order_number"],
            "staff_member_id": row["user_id"],
            "currency_code": row["currency"],
            "display_financial_status": _upper(row["financial_status"]),
            "display_fulfillment_status": _FULFILLMENT[row.get("fulfillment_status")],
            "cancel_reason": _upper(row.get("cancel_reason")),
            "cancelled_at": row.get("cancelled_at"),
        }
        | {f"{name}_set_shop_amount": float(row[name]) for name in _MONEY}
        | {
            f"{kind}_address_{name}": row[f"{kind}_address_{_raw(name)}"]
            for kind in ("billing", "shipping")
            for name in _ADDRESS
        },
    )
    if row["landing_site"] or row["referring_site"]:
        yield (
            CUSTOMER_VISIT,
            {
                "id": row["id"],
                "order_id": row["id"],
                "type": "CustomerVisit",
                "landing_page": row["landing_site"],
                "referrer_url": row["referring_site"],
                "occurred_at": row["created_at"],
            },
        )
    for index, tag in enumerate(filter(None, (row["tags"] or "").split(", "))):
        yield ORDER_TAG, {"order_id": row["id"], "index": index, "value": tag}
    for index, code in enumerate(row["discount_codes"] or ()):
        yield ORDER_DISCOUNT_CODE, {"order_id": row["id"], "index": index, "code": code["code"]}
    for attribute in row["note_attributes"] or ():
        yield (
            ORDER_CUSTOM_ATTRIBUTE,
            {"order_id": row["id"], "key": attribute["name"], "value": attribute["value"]},
        )
    if float(row["total_refunded"]):
        # In the sample a refund is the last thing that happens to an order.
        yield (
            REFUND,
            {
                "id": row["id"],
                "order_id": row["id"],
                "total_refunded_set_shop_amount": float(row["total_refunded"]),
                "created_at": row["updated_at"],
                "updated_at": row["updated_at"],
            },
        )


def _order_line(row: Row) -> Rows:
    same = ("id", "order_id", "product_id", "variant_id", "quantity", "sku", "title", "variant_title", "vendor",
            "taxable")  # fmt: skip
    yield (
        ORDER_LINE,
        {name: row[name] for name in same}
        | {
            "unfulfilled_quantity": 0 if row.get("fulfillment_status") else row["quantity"],
            "original_total_set_shop_amount": round(float(row["price"]) * row["quantity"], 2),
            "total_discount_set_shop_amount": float(row["total_discount"]),
            "is_gift_card": row["gift_card"],
        },
    )
    if row["current_quantity"] < row["quantity"]:
        yield (
            REFUND_LINE_ITEM,
            {
                "id": row["id"],
                "refund_id": row["order_id"],
                "order_line_id": row["id"],
                "quantity": float(row["quantity"] - row["current_quantity"]),
            },
        )


def _first() -> Rows:
    for sku, title, kind, vendor, _ in words().products.things:
        yield (
            PRODUCT,
            {
                "id": product_id(sku),
                "title": title,
                "product_type": kind,
                "vendor": vendor,
                "status": "ACTIVE",
                "_fivetran_deleted": False,
            },
        )


CONNECTION = Connection(
    dataset="shopify",
    tables=(
        CUSTOMER, CUSTOMER_ADDRESS, CUSTOMER_TAG, METAFIELD, ORDER, CUSTOMER_VISIT, ORDER_TAG, ORDER_DISCOUNT_CODE,
        ORDER_CUSTOM_ATTRIBUTE, REFUND, ORDER_LINE, REFUND_LINE_ITEM, PRODUCT,
    ),
    writes={"shopify_customers": _customer, "shopify_orders": _order, "shopify_order_line_items": _order_line},
    first=_first,
)  # fmt: skip
