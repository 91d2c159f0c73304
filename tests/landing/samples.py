"""Tables of the connectors of which no public test has any, by hand: Analytics' export, Braze, clicks of Google Ads.

Columns of Braze's tables are those of Fivetran's schema of the connector and of Braze's glossary of Currents' events.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.landing.connectors import GA4_EVENTS, GA4_USERS, Connectors, ga4_event, parameters

SHOP = "https://shop.example"
EVENING = datetime(2026, 11, 20, 23, 50)
DAYS = ("20261119", "20261120", "20261121")
SYNCED = "2026-11-20 06:00:00"


def web_events() -> list[dict[str, Any]]:
    """Return a session that runs past midnight and ends in a purchase, and one of the next day."""
    cpc = {"manual_source": "google", "manual_medium": "cpc", "manual_campaign_name": "autumn", "gclid": "g-1"}
    session = {"ga_session_id": 1_763_682_600, "ga_session_number": 1, "session_engaged": "1"}
    place = {"device": {"category": "desktop", "web_info": {"browser": "Firefox"}}, "geo": {"country": "Sweden"}}
    return [
        ga4_event(
            EVENING, "session_start", "w1", **session, **place,
            page_location=f"{SHOP}/chairs?utm_source=google", collected_traffic_source=cpc, batch_event_index=1,
        ),
        ga4_event(
            EVENING, "page_view", "w1", **session, **place, entrances=1, page_title="Chairs",
            page_location=f"{SHOP}/chairs?utm_source=google", page_referrer="https://news.example/tips?x=1",
            collected_traffic_source=cpc, batch_event_index=2,
        ),
        ga4_event(
            EVENING + timedelta(minutes=15), "page_view", "w1", **session, user_id="42",
            page_location=f"{SHOP}/cart", page_title="Cart", batch_event_index=3,
        ),
        ga4_event(
            EVENING + timedelta(minutes=20), "purchase", "w1", **session, page_location=f"{SHOP}/thanks",
            ecommerce={"purchase_revenue_in_usd": 99.5, "transaction_id": "#1001"}, batch_event_index=4,
        ),
        ga4_event(
            EVENING + timedelta(hours=9), "page_view", "w2", ga_session_id=1_763_715_000, ga_session_number=3,
            page_location=SHOP,
        ),
        ga4_event(EVENING, "page_view", None, ga_session_id=9, page_location=SHOP),  # no consent
    ]  # fmt: skip


def app_events() -> list[dict[str, Any]]:
    """Return two events of an installation."""
    phone = {"category": "mobile", "mobile_brand_name": "Nokia", "mobile_model_name": "8.3", "advertising_id": "ad-1"}
    common = {"user_first_touch_timestamp": 1_763_000_000_000_000, "app_info": {"id": "com.example", "version": "2.1"}}
    return [
        ga4_event(EVENING, "first_open", "a1", "ANDROID", device=phone, **common, geo={"country": "Sweden"},
                  traffic_source={"source": "google-play", "medium": "organic"}),
        ga4_event(EVENING + timedelta(minutes=1), "screen_view", "a1", "ANDROID", device=phone, **common, user_id="42",
                  firebase_screen="Home", ga_session_id=1_763_682_700),
    ]  # fmt: skip


def make_analytics(connectors: Connectors, dataset: str) -> None:
    """Create the export of a property: a table per day, and of one day the users."""
    connectors.make_dataset(dataset)
    events = web_events() + app_events()
    for day in DAYS:
        rows = [row for row in events if row["event_date"] == day]
        connectors.make_table(dataset, f"events_{day}", GA4_EVENTS, rows)
    connectors.make_table(
        dataset,
        "pseudonymous_users_20261120",
        GA4_USERS,
        [
            {
                "pseudo_user_id": "a1",
                "occurrence_date": "20261120",
                "user_info": {"user_first_touch_timestamp_micros": 1_763_000_000_000_000},
                "user_properties": [{"key": "notifications", "value": {"string_value": "on"}}],
                "user_ltv": {"revenue_in_usd": 12.5},
            },
            # A browser of the same property is no installation.
            {"pseudo_user_id": "w1", "occurrence_date": "20261120", "user_properties": parameters()},
        ],
    )


MESSAGE = {
    "id": "STRING", "event_type": "STRING", "time": "TIMESTAMP", "external_user_id": "STRING", "user_id": "STRING",
    "campaign_id": "STRING", "canvas_id": "STRING", "canvas_step_id": "STRING", "message_variation_id": "STRING",
    "dispatch_id": "STRING", "bounce_reason": "STRING", "_fivetran_synced": "TIMESTAMP",
}  # fmt: skip


def make_braze(connectors: Connectors, dataset: str) -> None:
    """Create the tables of one user, one campaign and its messages."""
    connectors.make_dataset(dataset)
    connectors.make_table(
        dataset,
        "user",
        {
            "id": "STRING", "external_id": "STRING", "email": "STRING", "dob": "STRING", "total_revenue": "FLOAT64",
            "email_subscribe": "STRING", "created_at": "TIMESTAMP", "company": "STRING",
            "_fivetran_synced": "TIMESTAMP",
        },
        [
            {"id": "b1", "external_id": "42", "email": "a@example.com", "dob": "1990-05-01", "total_revenue": 12.5,
             "email_subscribe": "opted_in", "created_at": "2026-01-01 00:00:00", "company": "Acme",
             "_fivetran_synced": SYNCED},
            {"id": "b2", "external_id": None, "email": None, "_fivetran_synced": SYNCED},
        ],
    )  # fmt: skip
    connectors.make_table(
        dataset,
        "purchase_event",
        {"id": "STRING", "user_id": "STRING", "_fivetran_synced": "TIMESTAMP"},
        [{"id": "p1", "user_id": "b1", "_fivetran_synced": "2026-11-20 07:00:00"}],
    )
    connectors.make_table(
        dataset,
        "campaign",
        {
            "id": "STRING", "updated_at": "TIMESTAMP", "name": "STRING", "archived": "BOOL", "draft": "BOOL",
            "schedule_type": "STRING", "first_sent": "STRING", "channel_email": "BOOL", "channel_ios_push": "BOOL",
            "created_at": "TIMESTAMP", "_fivetran_deleted": "BOOL", "_fivetran_synced": "TIMESTAMP",
        },
        [
            {"id": "c1", "updated_at": "2026-11-01 00:00:00", "name": "old name", "_fivetran_synced": SYNCED},
            {"id": "c1", "updated_at": "2026-11-02 00:00:00", "name": "autumn mail", "archived": False, "draft": False,
             "schedule_type": "time_based", "first_sent": "2026-11-03T08:00:00+00:00", "channel_email": True,
             "channel_ios_push": True, "_fivetran_deleted": False, "_fivetran_synced": SYNCED},
        ],
    )  # fmt: skip
    message = {"external_user_id": "42", "user_id": "b1", "campaign_id": "c1", "_fivetran_synced": SYNCED}
    connectors.make_table(
        dataset,
        "email_event",
        {**MESSAGE, "email_address": "STRING", "url": "STRING", "user_agent": "STRING", "machine_open": "STRING"},
        [
            {
                **message,
                "id": "e1",
                "event_type": "Send",
                "time": "2026-11-20 05:00:00",
                "email_address": "a@example.com",
            },
            {**message, "id": "e2", "event_type": "Open", "time": "2026-11-20 05:10:00", "machine_open": "true"},
            {**message, "id": "e3", "event_type": "MarkAsSpam", "time": "2026-11-20 05:20:00"},
        ],
    )
    connectors.make_table(
        dataset,
        "push_notification_event",
        MESSAGE,
        [{**message, "id": "e4", "event_type": "users.messages.pushnotification.Send", "time": "2026-11-20 05:30:00"}],
    )


def make_click_report(connectors: Connectors, dataset: str) -> None:
    """Create a custom report over clicks beside the tables of a Google Ads connection."""
    connectors.make_table(
        dataset,
        "click_view",
        {
            "date": "DATE", "gclid": "STRING", "customer_id": "INT64", "campaign_id": "INT64", "ad_group_id": "INT64",
            "ad_group_ad": "STRING", "click_type": "STRING", "device": "STRING", "ad_network_type": "STRING",
            "keyword_info_text": "STRING", "keyword_info_match_type": "STRING", "page_number": "INT64",
            "location_of_presence_country": "STRING", "_fivetran_synced": "TIMESTAMP",
        },
        [
            {"date": "2021-05-19", "gclid": "g-1", "customer_id": 2121450128, "campaign_id": 9935249409,
             "ad_group_id": 7, "ad_group_ad": "customers/2121450128/adGroupAds/7~514818869462",
             "click_type": "HEADLINE", "device": "MOBILE", "ad_network_type": "SEARCH", "keyword_info_text": "chairs",
             "keyword_info_match_type": "EXACT", "page_number": 1,
             "location_of_presence_country": "geoTargetConstants/2752", "_fivetran_synced": "2021-05-20 04:00:00"},
        ],
    )  # fmt: skip
    connectors.make_table(dataset, "geo_target", {"id": "INT64", "name": "STRING"}, [{"id": 2752, "name": "Sweden"}])


def add_ratings(connectors: Connectors, dataset: str) -> None:
    """Add a rating that was changed to the history of tickets: the public tests have none."""
    history = [
        ("satisfaction_score", "offered", "2020-09-01 08:00:00"),
        ("satisfaction_score", "bad", "2020-09-01 09:00:00"),
        ("satisfaction_score", "good", "2020-09-02 09:00:00"),
        ("satisfaction_comment", "thanks", "2020-09-02 09:00:00"),
    ]
    values = ", ".join(
        f"('{name}', 16988, '{value}', timestamp '{updated}', timestamp '2020-09-03 00:00:00')"
        for name, value, updated in history
    )
    connectors.client.query(
        f"insert into `{connectors.client.project}.{dataset}.ticket_field_history` "
        f"(field_name, ticket_id, value, updated, _fivetran_synced) values {values}"
    ).result()
