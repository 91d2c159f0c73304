"""GA360: browsers, their sessions and hits."""

from __future__ import annotations

from collections import Counter

from tools.sample_sources import ids
from tools.sample_sources.clock import day_of, stamp
from tools.sample_sources.connectors.delivery import Row
from tools.sample_sources.people import Person
from tools.sample_sources.sink import Sink, money
from tools.sample_sources.visit import Visit

COUNTRIES = {"US": "United States", "CA": "Canada"}
PAGES = ("/", "/collections/all", "/collections/furniture", "/collections/accessories", "/products/desk-lamp",
         "/products/keyboard", "/products/backpack", "/blog/home-office", "/business", "/help")  # fmt: skip
HOST = "shop.nexvigilant.example"
SYSTEMS = {"desktop": ("Windows", "Macintosh"), "mobile": ("iOS", "Android"), "tablet": ("iOS", "Android")}


class Browser:
    """One browser's cookie; one person's, or a household's shared computer.

    :param sink: where rows land.
    :param client_id: value of the cookie.
    :param device: desktop, mobile or tablet.
    :param system: operating system.
    """

    def __init__(self, sink: Sink, client_id: str, device: str, system: str) -> None:
        self.client_id = client_id
        self.device = device
        self._users: Counter[str] = Counter()  # sessions by person
        self._linkable = False
        self._clicks: list[tuple[str, str]] = []
        self._sink = sink
        self._system = system
        self._visits: Counter[str] = Counter()  # each person of a shared computer counts from 1

    def visit(self, person: Person, visit: Visit) -> None:
        """Record a session and its hits."""
        self._visits[person.person_id] += 1
        if not self._sink.start <= visit.when < self._sink.end:
            return
        if visit.gclid and visit.click_landed:
            self._clicks.append((visit.gclid, person.person_id))
        hits = self._hits(person, visit)
        rng = person.rng
        address = person.household.address
        bounced = len(hits) == 1
        place_known = rng.random() < 0.85
        session: Row = {
            "date": day_of(visit.when),
            "full_visitor_id": self.client_id,
            "visit_id": visit.when,
            "visit_number": self._visits[person.person_id],
            "client_id": self.client_id,
            "user_id": visit.login,
            "visit_start_time": stamp(visit.when),
            "channel_grouping": visit.channel,
            "traffic_source_source": visit.source,
            "traffic_source_medium": visit.medium,
            "traffic_source_campaign": visit.campaign or "(not set)",
            "traffic_source_keyword": visit.keyword,
            "traffic_source_ad_content": str(visit.ad_id) if visit.ad_id else None,
            "traffic_source_gclid": visit.gclid,
            "traffic_source_campaign_id": str(visit.campaign_id) if visit.campaign_id else None,
            "traffic_source_referral_path": "/reviews/desks" if visit.medium == "referral" else None,
            "traffic_source_is_true_direct": visit.channel == "Direct",
            "device_category": self.device,
            "device_browser": "Safari" if self._system in {"iOS", "Macintosh"} else "Chrome",
            "device_operating_system": self._system,
            "device_is_mobile": self.device != "desktop",
            "device_language": "fr-ca" if address.state == "QC" else "en-us",
            "geo_network_country": COUNTRIES[address.country],
            "geo_network_region": address.state,
            "geo_network_city": address.city if place_known else "(not set)",
            "landing_page_path": visit.landing_path,
            "exit_page_path": hits[-1]["page_path"],
            "totals_visits": None if bounced else 1,
            "totals_hits": len(hits),
            "totals_pageviews": sum(hit["type"] == "PAGE" for hit in hits),
            "totals_time_on_site": None if bounced else hits[-1]["_second"],
            "totals_bounces": 1 if bounced else None,
            "totals_new_visits": 1 if self._visits[person.person_id] == 1 else None,
            "totals_transactions": 1 if visit.order_number else None,
            "totals_transaction_revenue": money(visit.order_cents) if visit.order_number else None,
        }
        if self._sink.event("ga360_sessions", visit.when, rng, session):
            self._users[person.person_id] += 1
            self._linkable = self._linkable or bool(visit.login or visit.order_number or visit.form_sent)
        for number, hit in enumerate(hits, start=1):
            second = hit.pop("_second")
            self._sink.event(
                "ga360_hits",
                visit.when,
                rng,
                {
                    "date": day_of(visit.when),
                    "full_visitor_id": self.client_id,
                    "visit_id": visit.when,
                    "hit_number": number,
                    "hit_time": stamp(visit.when + second),
                    "is_entrance": number == 1,
                    "is_exit": number == len(hits),
                    "page_hostname": HOST,
                    "custom_dimensions": {"logged_in": bool(visit.login)},
                    **hit,
                },
                more={"session": session},
            )

    def _hits(self, person: Person, visit: Visit) -> list[dict]:
        rng = person.rng
        second, hits = 0, []

        def add(**hit: object) -> None:
            nonlocal second
            hits.append({"_second": second, **hit})
            second += rng.randrange(5, 90)

        for page in range(visit.pages):
            path = visit.landing_path.partition("?")[0] if page == 0 else rng.choice(PAGES)
            add(type="PAGE", page_path=path, page_title=path.rsplit("/", 1)[-1].replace("-", " ").title() or "Home",
                ecommerce_action_type="view" if path.startswith("/products") else None)  # fmt: skip
        if visit.login:
            add(type="EVENT", page_path="/account", event_category="account", event_action="login")
        if visit.signed_up:
            add(type="EVENT", page_path="/account", event_category="account", event_action="sign_up")
        if visit.form_sent:
            add(
                type="EVENT",
                page_path="/business",
                event_category="lead",
                event_action="submit",
                event_label="business_form",
                event_value=1,
            )
        if visit.cart:
            add(
                type="EVENT",
                page_path="/cart",
                event_category="ecommerce",
                event_action="add_to_cart",
                ecommerce_action_type="add_to_cart",
            )
        if visit.order_number:
            add(
                type="EVENT",
                page_path="/checkout",
                event_category="ecommerce",
                event_action="checkout",
                ecommerce_action_type="checkout",
            )
            add(type="TRANSACTION", page_path="/thank-you", transaction_id=visit.order_number,
                transaction_revenue=money(visit.order_cents), ecommerce_action_type="purchase")  # fmt: skip
        return hits

    def tell_truth(self) -> None:
        """Name the browser's main person and those of its ad clicks, once all of its visits are done."""
        shared = len(self._users) > 1
        if self._users:
            owner, _ = max(self._users.items(), key=lambda item: (item[1], item[0]))
            self._sink.identity(f"ga360:visitor:{self.client_id}", owner, self._linkable, shared)
        for gclid, person_id in self._clicks:
            self._sink.identity(f"google_ads:click:{gclid}", person_id, self._linkable, shared)


def new_browser(sink: Sink, person: Person, slot: int, device: str, when: int) -> Browser:
    """Return a browser with a fresh cookie."""
    system = SYSTEMS[device][person.rng.random() < 0.4]
    return Browser(sink, ids.client_id(person.number, slot, when), device, system)
