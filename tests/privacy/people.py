"""Two people of one home, as the sources know them: one e-mail address, one phone, one browser, two birth dates."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.dbt.dbt_warehouse import DbtWarehouse

ANNAS_DEAL = "0065f00000ANNAAAAA"
DAY = date(2026, 11, 19)
AT = f"{DAY}T10:00:00Z"
ANNA, BERND = 7100000000001, 7100000000002
ANNAS_OWN_EMAIL = "anna.privately@keller.example"
SHARED_EMAIL, SHARED_PHONE = "family@keller.example", "+12125550142"
# A browser of both of them, and a click made in it.
HOME_TABLET, TABLET_CLICK = "7103.1003", "EAIaIQobTabletClick"
HOME_BROWSER = "7102.1002"  # both logged in there
# What names Anna and nobody else, as people would search for it.
ANNAS_TRACES = (
    str(ANNA), "9100000000001", "8100000000001", "9200000000001", "7101.1001", "EAIaIQobAnnaClick", ANNAS_OWN_EMAIL,
    "annas-phone-installation", "00Q5f00000ANNAAAAA",
)  # fmt: skip


def raw_rows() -> dict[str, list[dict[str, Any]]]:
    """Return what landed of both, by raw table."""
    landed = {"_fivetran_synced": AT}
    customer = {
        "email": SHARED_EMAIL, "phone": SHARED_PHONE, "last_name": "Keller", "created_at": AT, "updated_at": AT,
        "email_marketing_consent_state": "subscribed", "default_address_address1": "12 Elm Street",
        "default_address_city": "Boston", "default_address_zip": "02110", "default_address_country_code": "US",
        "orders_count": 1, **landed,
    }  # fmt: skip
    order = {
        "email": SHARED_EMAIL, "phone": SHARED_PHONE, "total_price": 80, "subtotal_price": 80, "currency": "USD",
        "financial_status": "paid", "created_at": AT, "processed_at": AT, "updated_at": AT, "total_tax": 0,
        "total_discounts": 0, "total_shipping_price": 0, "test": False, **landed,
    }  # fmt: skip
    user = {
        "phone": SHARED_PHONE, "last_name": "Keller", "country": "US", "home_city": "Boston", "created_at": AT,
        "email_subscribe": "opted_in", "push_subscribe": "opted_in", **landed,
    }  # fmt: skip
    session = {
        "date": str(DAY), "visit_number": 1, "visit_start_time": AT, "channel_grouping": "Paid Search",
        "traffic_source_source": "google", "traffic_source_medium": "cpc", "totals_visits": 1, "totals_hits": 1,
        "totals_pageviews": 1, "device_category": "desktop", **landed,
    }  # fmt: skip
    return {
        "shopify_customers": [
            {**customer, "id": ANNA, "first_name": "Anna"},
            {**customer, "id": BERND, "first_name": "Bernd"},
        ],
        "shopify_orders": [
            {**order, "id": 9100000000001, "name": "#1001", "order_number": 1001, "customer_id": ANNA},
            {**order, "id": 9100000000002, "name": "#1002", "order_number": 1002, "customer_id": BERND,
             "note_attributes": [{"name": "ga_client_id", "value": HOME_TABLET}]},
        ],
        "shopify_order_line_items": [
            {"id": 9300000000001, "order_id": 9100000000001, "product_id": 1, "quantity": 1, "price": 80, **landed},
            {"id": 9300000000002, "order_id": 9100000000002, "product_id": 1, "quantity": 1, "price": 80, **landed},
        ],
        "braze_users": [
            {**user, "external_id": str(ANNA), "braze_id": "b-anna", "first_name": "Anna", "dob": "1984-03-02",
             "email": ANNAS_OWN_EMAIL, "custom_attributes": {"loyalty": {"mail": ANNAS_OWN_EMAIL}}},
            {**user, "external_id": str(BERND), "braze_id": "b-bernd", "first_name": "Bernd", "dob": "1979-08-21",
             "email": SHARED_EMAIL},
        ],
        "braze_message_events": [
            {"event_date": str(DAY), "id": "opened-by-anna", "event_type": "open", "event_time": AT, "channel": "email",
             "external_user_id": str(ANNA), "email_address": ANNAS_OWN_EMAIL, **landed},
        ],
        "zendesk_users": [
            {"id": 8100000000001, "name": "Anna Keller", "email": ANNAS_OWN_EMAIL, "role": "end-user",
             "external_id": str(ANNA), "created_at": AT, "updated_at": AT, **landed},
        ],
        "zendesk_tickets": [
            {"id": 9200000000001, "requester_id": 8100000000001, "subject": "Where is it?", "status": "open",
             "description": f"Write to {ANNAS_OWN_EMAIL}", "created_at": AT, "updated_at": AT, **landed},
        ],
        # A deal without a contact is of the lead that became it.
        "salesforce_leads": [
            {"id": "00Q5f00000ANNAAAAA", "first_name": "Anna", "last_name": "Keller", "email": ANNAS_OWN_EMAIL,
             "city": "Boston", "country": "US", "status": "Qualified", "is_converted": True, "is_deleted": False,
             "converted_opportunity_id": ANNAS_DEAL, "converted_date": str(DAY), "created_date": AT,
             "has_opted_out_of_email": False, "last_modified_date": AT, "system_modstamp": AT, **landed},
        ],
        "salesforce_opportunities": [
            {"id": ANNAS_DEAL, "name": "A kitchen", "stage_name": "Closed Won", "amount": 900,
             "close_date": str(DAY), "is_closed": True, "is_won": True, "is_deleted": False, "created_date": AT,
             "last_modified_date": AT, "system_modstamp": AT, **landed},
        ],
        "firebase_users": [
            {"user_pseudo_id": "annas-phone-installation", "user_id": str(ANNA), "email": ANNAS_OWN_EMAIL,
             "platform": "IOS", "first_open_time": AT, "last_active_time": AT, **landed},
        ],
        "google_ads_clicks": [
            {"date": str(DAY), "gclid": "EAIaIQobAnnaClick", "customer_id": 1, "campaign_id": 2, "click_timestamp": AT,
             "campaign_name": "Brand", **landed},
            {"date": str(DAY), "gclid": TABLET_CLICK, "customer_id": 1, "campaign_id": 2, "click_timestamp": AT,
             "campaign_name": "Brand", **landed},
        ],
        "ga360_sessions": [
            {**session, "full_visitor_id": "7101.1001", "visit_id": 71010001, "user_id": str(ANNA),
             "traffic_source_gclid": "EAIaIQobAnnaClick"},
            # The browser at home: Anna logged in in the morning, Bernd later.
            {**session, "full_visitor_id": HOME_BROWSER, "visit_id": 71020001, "user_id": str(ANNA),
             "visit_start_time": f"{DAY}T08:00:00Z"},
            {**session, "full_visitor_id": HOME_BROWSER, "visit_id": 71020002, "user_id": str(BERND)},
            # The tablet at home: only Anna logged in, so resolution gives it to her, but Bernd ordered with it.
            {**session, "full_visitor_id": HOME_TABLET, "visit_id": 71030001, "user_id": str(ANNA),
             "traffic_source_gclid": TABLET_CLICK},
        ],
        "ga360_hits": [
            {"date": str(DAY), "full_visitor_id": "7101.1001", "visit_id": 71010001, "hit_number": 1, "hit_time": AT,
             "type": "PAGE", "page_path": "/", **landed},
        ],
    }  # fmt: skip


def land(warehouse: DbtWarehouse, rows: dict[str, list[dict[str, Any]]] | None = None) -> None:
    """Append them to the raw tables."""
    for table, values in (rows or raw_rows()).items():
        warehouse.insert(table, values)
