"""Firebase: app installations and their events."""

from __future__ import annotations

from tools.sample_sources import ids
from tools.sample_sources.clock import MINUTE, day_of, stamp
from tools.sample_sources.diary import Diary
from tools.sample_sources.sink import Record, money
from tools.sample_sources.visit import Visit

PHONES = {"IOS": (("Apple", "iPhone 15"), ("Apple", "iPhone 14"), ("Apple", "iPad")),
          "ANDROID": (("Samsung", "Galaxy S24"), ("Google", "Pixel 8"), ("Xiaomi", "Redmi 13"))}  # fmt: skip
COUNTRIES = {"US": "United States", "CA": "Canada"}


class Installation:
    """The app on one device of one person.

    :param diary: of the person who uses it.
    :param when: first opening.
    :param email: address given at sign-in, as typed; None if hidden.
    :param slot: 0 for the first device, 1 for the next.
    """

    def __init__(self, diary: Diary, when: int, email: str | None, slot: int = 0) -> None:
        person, rng = diary.person, diary.person.rng
        self._diary = diary
        self._sink = diary.sink
        self._person = person
        self._first_open = when
        self._email = email
        self._login: str | None = None
        self._revenue = 0
        self._record = Record(diary.sink, "firebase_users")
        self.platform = "IOS" if rng.random() < 0.58 else "ANDROID"
        self._brand, self._model = rng.choice(PHONES[self.platform])
        self._id = f"{ids.scrambled(person.number, slot):032x}"[::-1]
        self._ad_id = f"{ids.scrambled(person.number, 900 + slot):012X}-NX" if rng.random() < 0.5 else None
        self._push = f"push_{ids.base62(ids.scrambled(person.number, 950 + slot), 10)}" if rng.random() < 0.6 else None
        self._properties = {"notifications": bool(self._push)}
        self._source = rng.choice(
            (
                ("(direct)", "(none)", None),
                ("google-play", "organic", None),
                ("apps.facebook.com", "cpc", "app_install_autumn"),
            )
        )
        self._linkable = False
        self._sequence = 0
        self._version(when)

    @property
    def device_id(self) -> str:
        """Return the installation id."""
        return self._id

    def visit(self, visit: Visit) -> None:
        """Record a session: its events, and the installation's new state."""
        self._login = visit.login or self._login
        self._linkable = self._linkable or bool(visit.login)
        self._revenue += visit.order_cents
        rng = self._person.rng
        names = ["first_open"] if visit.when == self._first_open else []
        names += ["session_start", *["screen_view"] * min(visit.pages, 6)]
        names += ["login"] if visit.login else []
        names += ["sign_up"] if visit.signed_up else []
        names += ["add_to_cart"] if visit.cart else []
        names += ["purchase"] if visit.order_number else []
        second = visit.when
        for name in names:
            self._event(name, second, visit)
            second += rng.randrange(3, 60)
        self._version(min(second + MINUTE, visit.when - visit.when % 86_400 + 86_399))

    def _event(self, name: str, when: int, visit: Visit) -> None:
        rng, address = self._person.rng, self._person.household.address
        self._sequence += 1
        params = {"ga_session_id": visit.when, "engagement_time_msec": rng.randrange(500, 60_000)}
        if name == "screen_view":
            params["firebase_screen"] = rng.choice(("home", "list", "product", "cart", "account"))
        if name == "purchase":
            params |= {"transaction_id": visit.order_number, "currency": "USD", "value": visit.order_cents / 100}
        if name == "session_start" and visit.campaign:
            params |= {"source": visit.source, "medium": visit.medium, "campaign": visit.campaign}
        source, medium, campaign = self._source
        self._sink.event(
            "firebase_events",
            when,
            rng,
            {
                "event_date": day_of(when),
                "event_timestamp": when * 1_000_000 + rng.randrange(1_000_000),
                "event_name": name,
                "event_bundle_sequence_id": self._sequence,
                "user_id": self._login,
                "user_pseudo_id": self._id,
                "ga_session_id": visit.when,
                "event_params": params,
                "event_value_in_usd": money(visit.order_cents) if name == "purchase" else None,
                "user_first_touch_timestamp": self._first_open * 1_000_000,
                "platform": self.platform,
                "device_category": "tablet" if self._model == "iPad" else "mobile",
                "device_mobile_brand_name": self._brand,
                "device_mobile_model_name": self._model,
                "device_operating_system": self.platform,
                "device_operating_system_version": "17.5" if self.platform == "IOS" else "14",
                "device_advertising_id": self._ad_id,
                "device_language": "en-us",
                "geo_country": COUNTRIES[address.country],
                "geo_region": address.state,
                "geo_city": address.city,
                "app_info_id": "com.nexvigilant.shop",
                "app_info_version": "4.2.1",
                "traffic_source_name": campaign,
                "traffic_source_medium": medium,
                "traffic_source_source": source,
            },
            more={"user_properties": self._properties},
        )

    def _version(self, when: int) -> None:
        address = self._person.household.address
        self._record.put(
            when,
            {
                "user_pseudo_id": self._id,
                "user_id": self._login,
                "email": self._email if self._login else None,
                "first_open_time": stamp(self._first_open),
                "last_active_time": stamp(when),
                "platform": self.platform,
                "device_advertising_id": self._ad_id,
                "device_mobile_model_name": self._model,
                "geo_country": COUNTRIES[address.country],
                "geo_city": address.city,
                "push_token": self._push,
                "user_properties": self._properties,
                "user_ltv_revenue": money(self._revenue),
            },
        )

    def close(self) -> None:
        """Land what waits and name the person."""
        self._record.settle()
        self._diary.identity(f"firebase:user:{self._id}", self._first_open, self._linkable)
