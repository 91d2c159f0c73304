"""The life of one person: visits, sign-up, orders, leads, messages, trouble, and leaving."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from tools.sample_sources import braze, ids
from tools.sample_sources.arrivals import Arrivals, Neighbourhood, channels
from tools.sample_sources.braze import Profile
from tools.sample_sources.clock import DAY, HOUR, MINUTE, stamp, weekday
from tools.sample_sources.diary import Diary
from tools.sample_sources.firebase import Installation
from tools.sample_sources.people import Person
from tools.sample_sources.salesforce import SOURCE_WEIGHT, Prospect
from tools.sample_sources.shopify import Shopper
from tools.sample_sources.visit import Visit
from tools.sample_sources.zendesk import Requester

HISTORY_DAYS = 720
GROWTH_DAYS = 30  # new persons turn up over so many days from the start, or over all of a longer period
NEW_SHARE = 0.22
CHURN_PER_DAY = 0.0011
CONSUMER_WEEK = (0.95, 0.9, 0.95, 1.0, 1.1, 1.2, 1.15)
BUSINESS_WEEK = (1.2, 1.3, 1.3, 1.25, 1.0, 0.2, 0.2)
WEB_ORDER_CHANCE = 0.10  # of a visit of an average customer by an average channel


class Life:
    """Lives one person's days and shows every system what it would see.

    :param place: the person's neighbourhood.
    :param person: the true person.
    """

    def __init__(self, place: Neighbourhood, person: Person) -> None:
        rng = person.rng
        self._place = place
        self._sink = place.sink
        self._person = person
        self._diary = Diary(self._sink, person, self._later)
        self._arrivals = Arrivals(place, person)
        self._agenda: list[tuple[int, int, Callable[[int], None]]] = []
        self._entries = 0
        start = self._sink.start
        newcomer = not person.known or rng.random() < NEW_SHARE
        if newcomer:
            self._first = start + rng.randrange(max(GROWTH_DAYS * DAY, self._sink.end - start))
        else:
            self._first = start - DAY - int(rng.betavariate(1, 1.6) * HISTORY_DAYS * DAY)
        self._newcomer = newcomer
        # What the person is like.
        self._pace = rng.lognormvariate(-0.1, 0.7) if person.known else rng.uniform(1, 4)  # visits a week
        self._buys = rng.lognormvariate(-0.15, 0.6)
        self._love = rng.betavariate(2, 4)  # opens this share of the mail
        self._trouble = min(1.0, rng.expovariate(4))
        self._interest = rng.gauss(0, 1)
        if person.company:
            self._pace *= 0.6 + 0.5 * max(0.0, 1 + self._interest)
        self._churn_at = self._first + int(rng.expovariate(CHURN_PER_DAY) * DAY) + 2 * DAY
        self._forgotten = False
        self._last_visit = 0
        self._last_order: str | None = None
        # Which systems the person ever meets.
        business = person.company is not None
        self._shops = person.known and rng.random() < (0.25 if business else 0.86)
        self._writes = person.known and rng.random() < (0.5 if business else 0.92)
        self._uses_app = rng.random() < ((0.05 if business else 0.38) if person.known else 0.2)
        self._shoppers: list[Shopper] = []
        self._profile: Profile | None = None
        self._requesters: list[Requester] = []
        self._apps: list[Installation] = []
        self._prospect = Prospect(self._diary, place.accounts) if business else None
        self._is_lead = False

    # -- agenda ---------------------------------------------------------------------------------------

    def _later(self, when: int, action: Callable[[int], None]) -> None:
        self._entries += 1
        heapq.heappush(self._agenda, (when, self._entries, action))

    def _run_until(self, end: int) -> None:
        while self._agenda and self._agenda[0][0] < end:
            when, _, action = heapq.heappop(self._agenda)
            action(when)

    def live(self) -> None:
        """Live from the first contact to the end of the period."""
        if not self._newcomer:
            self._later(self._first, self._remember)
        for day in range(self._sink.start, self._sink.end, DAY):
            self._run_until(day)
            if day + DAY > self._first and not self._forgotten:
                self._plan(day)
        self._run_until(self._sink.end)
        for record in (*self._shoppers, *self._requesters, *self._apps, self._profile, self._prospect):
            if record:
                record.close()
        if self._person.known and self._first < self._sink.end:
            self._tell_truth()

    def _remember(self, when: int) -> None:
        """Bring in a person of before the period: accounts, past orders and leads."""
        rng, person = self._person.rng, self._person
        if self._shops or self._writes:
            self._sign_up(when)
        if self._shops and rng.random() < 0.85:
            self._past_order(when + rng.randrange(1, 10) * DAY)
        if self._uses_app:
            self._app(when + HOUR)
        if self._prospect:
            source = rng.choice(list(SOURCE_WEIGHT))
            if rng.random() < 0.3:
                self._is_lead = True
                contact = self._prospect.contact(when, person.card(work=True), source)
                if rng.random() < 0.6:
                    self._later(when + 5 * DAY, lambda now: self._prospect.opportunity(now, contact, source))
            elif rng.random() < 0.85:
                # Leads are worked for weeks: most of those that sales still knows are recent.
                at = max(when, self._sink.start - rng.randrange(1, 120) * DAY)
                self._is_lead = True
                visit = self._arrivals.arrive(at, "desktop", None, in_app=False) if source == "Web" else None
                self._later(at, lambda now: self._lead(now, source, visit))
            if person.has_duplicate():
                self._later(
                    max(when, self._sink.start - 90 * DAY) + 9 * DAY,
                    lambda now: self._prospect.contact(now, person.card(work=True), source, slot=1),
                )

    def _lead(self, when: int, source: str, visit: Visit | None = None) -> None:
        self._prospect.lead(when, source, self._interest, visit, self._person.card(work=True))
        if self._person.has_duplicate():
            again = when + self._person.rng.randrange(1, 12) * DAY
            card = self._person.card(work=True)
            self._later(again, lambda now: self._prospect.lead(now, source, self._interest, None, card))

    def _past_order(self, when: int) -> None:
        if when >= min(self._sink.start, self._churn_at):
            return
        self._later(when, lambda now: self._visit(now, buys=True))
        per_week = self._pace * self._buys * WEB_ORDER_CHANCE
        self._past_order(when + DAY + int(self._person.rng.expovariate(per_week) * 7 * DAY))

    def _sign_up(self, when: int) -> None:
        """Open the accounts that the person has from then on."""
        person = self._person
        if self._shops and not self._shoppers:
            self._shoppers.append(Shopper(self._diary, when, person.card()))
            if person.has_duplicate():
                self._later(when + person.rng.randrange(3, 60) * DAY, self._shop_twice)
        if self._writes and not self._profile:
            external = (
                str(self._shoppers[0].id)
                if self._shoppers
                else f"su-{ids.base62(ids.scrambled(person.number, 700), 8)}"
            )
            self._profile = Profile(self._diary, when + MINUTE, person.card(), external)
            for step, days in enumerate((0, 3, 7)):
                self._later(
                    when + days * DAY + HOUR,
                    lambda now, step=step: self._send(now, braze.canvas_step("welcome_series", step)),
                )
            if person.rng.random() < 0.12:
                self._later(when + 2 * DAY, self._requester)

    def _shop_twice(self, when: int) -> None:
        self._shoppers.append(Shopper(self._diary, when, self._person.card(), slot=1))

    def _app(self, when: int) -> None:
        person = self._person
        email = person.card().email if person.rng.random() < 0.7 else None
        self._apps.append(Installation(self._diary, when, email, slot=len(self._apps)))
        if self._profile:
            self._profile.devices = [{"device_id": app.device_id, "os": app.platform} for app in self._apps]

    def _requester(self, when: int) -> Requester:
        person, linked = self._person, self._person.rng.random() < 0.6
        if not self._requesters:
            external = str(self._shoppers[0].id) if self._shoppers and linked else None
            card = person.card(work=person.company is not None)
            self._requesters.append(Requester(self._diary, when, card, external))
        elif len(self._requesters) == 1 and person.has_duplicate():
            self._requesters.append(Requester(self._diary, when, person.card(), None, slot=1))
        return self._requesters[-1]

    # -- one day --------------------------------------------------------------------------------------

    def _plan(self, day: int) -> None:
        """Put a day's visits, messages and small changes on the agenda."""
        active = day < self._churn_at
        self._plan_visits(day, active=active)
        if not self._person.known:
            return
        if self._profile:
            self._plan_messages(day)
        if self._prospect:
            self._sell(day, self._prospect)
        self._plan_service(day, active=active)
        chance = self._person.rng.random()
        if chance < 0.0006:
            self._later(day + 12 * HOUR, self._change_email)
        elif chance < 0.0008:
            self._later(day + 13 * HOUR, self._forget)

    def _plan_visits(self, day: int, *, active: bool) -> None:
        rng, person = self._person.rng, self._person
        week = BUSINESS_WEEK if person.company else CONSUMER_WEEK
        gone = not person.known and day > self._first + 10 * DAY
        rate = self._pace / 7 * week[weekday(day)] * (1 if active else 0.04)
        for _ in range(2):
            when = day + int(rng.triangular(6 * HOUR, DAY - 2 * HOUR, 16 * HOUR))
            if rng.random() < rate / 2 and when >= self._first and not gone:
                self._later(when, self._visit)

    def _plan_messages(self, day: int) -> None:
        for message in braze.todays_campaigns(day, self._person, self._traits(day)):
            at = day + self._person.rng.randrange(8 * HOUR, 18 * HOUR)
            self._later(at, lambda now, message=message: self._send(now, message))

    def _plan_service(self, day: int, *, active: bool) -> None:
        rng = self._person.rng
        if self._requesters and rng.random() < 0.05:
            self._later(day + rng.randrange(7, 22) * HOUR, self._requesters[0].changed)
        if active and (self._shoppers or self._is_lead) and rng.random() < 0.005 + 0.012 * self._trouble:
            self._later(day + rng.randrange(7, 22) * HOUR, self._complain)
        if self._shops and active and rng.random() < 0.003:
            self._later(day + rng.randrange(10, 19) * HOUR, self._buy_in_store)

    def _sell(self, day: int, prospect: Prospect) -> None:
        """Put what sales does with the person on a day on the agenda."""
        rng = self._person.rng
        if rng.random() < 0.06:
            self._later(day + rng.randrange(8, 18) * HOUR, prospect.touch_contact)
        if rng.random() < 0.06:
            self._later(day + 5 * HOUR, prospect.score_lead)
        if prospect.is_customer and rng.random() < 0.012:
            contact = ids.salesforce_id("contact", self._person.number)
            self._later(day + 11 * HOUR, lambda now: prospect.opportunity(now, contact, "Referral"))

    def _traits(self, day: int) -> set[str]:
        orders = sum(shopper.orders for shopper in self._shoppers)
        return {
            "all",
            "business" if self._prospect else "consumer",
            "buyers" if orders else "lookers",
            "loyal" if orders >= 3 else "occasional",
            "lapsed" if self._last_visit < day - 30 * DAY else "recent",
        }

    def _change_email(self, when: int) -> None:
        new = self._person.second_email
        for record in (*self._shoppers[:1], self._profile):
            if record:
                record.changed(when, email=new)

    def _forget(self, when: int) -> None:
        """Delete the person on request; later activity leaves no trace in those systems."""
        self._forgotten = True
        for record in (*self._shoppers, self._profile, *self._requesters):
            if record:
                record.changed(when, deleted=True)
        if self._prospect:
            self._prospect.touch_contact(when, deleted=True)

    def _complain(self, when: int) -> None:
        if self._forgotten:
            return
        loss = self._requester(when).ask(when + 5 * MINUTE, self._trouble, self._last_order)
        if loss and self._churn_at > when:
            # A bad experience brings the end nearer.
            self._churn_at = when + int((self._churn_at - when) * loss * 0.5)

    def _send(self, when: int, message: dict) -> None:
        profile, channel = self._profile, message.get("channel", "email")
        reachable = {"email": profile.subscribed, "push": bool(profile.devices), "in_app": bool(profile.devices),
                     "sms": bool(self._shoppers) and self._person.number % 3 == 0}  # fmt: skip
        if self._forgotten or not reachable[channel]:
            return
        love = self._love * (1 if when < self._churn_at else 0.25)
        clicked, left = profile.send(when, message, love)
        if left:
            self._later(when + DAY // 2, self._unsubscribe)
        if clicked:
            name = message.get("name") or message["canvas_name"]
            self._later(clicked, lambda now: self._visit(now, message=(channel, name)))

    def _unsubscribe(self, when: int) -> None:
        self._profile.changed(when)
        for shopper in self._shoppers:
            shopper.changed(when, unsubscribed=True)

    # -- visits ---------------------------------------------------------------------------------------

    def _visit(self, when: int, message: tuple[str, str] | None = None, buys: bool = False) -> None:
        """Visit the shop or the app.

        :param message: channel and name of the campaign whose link was clicked; None otherwise.
        :param buys: an order of before the period: it is placed whatever the chances.
        """
        if self._forgotten:
            return
        rng, person = self._person.rng, self._person
        self._last_visit = when
        in_app = self._uses_app and (message is None or message[0] == "push") and rng.random() < 0.45
        devices = (80, 18, 2) if person.company else (46, 48, 6)
        device = "mobile" if in_app else rng.choices(("desktop", "mobile", "tablet"), devices)[0]
        visit = self._arrivals.arrive(when, device, message, in_app)
        browser = None if in_app else self._arrivals.browser(visit)
        visit.client_id = browser.client_id if browser else None
        bounces = browser is not None and not buys and rng.random() < 0.3
        if not bounces:
            self._decide(visit, in_app, buys)
        if browser:
            browser.visit(person, visit)
        else:
            if not self._apps:
                self._app(when)
            self._apps[-1].visit(visit)
        if not bounces:
            self._after_visit(visit)

    def _decide(self, visit: Visit, in_app: bool, buys: bool) -> None:
        """Settle what the person does on a visit that goes beyond the first page."""
        rng, known = self._person.rng, self._person.known
        visit.pages = 1 + min(12, int(rng.expovariate(0.4)))
        # Messages reach people who know the shop, so that they sell better than any other channel.
        factor = channels()[0].get(visit.channel, [0, 0, 1.5])[2] * CONSUMER_WEEK[weekday(visit.when)]
        has_account = bool(self._shoppers or self._profile)
        chance = WEB_ORDER_CHANCE * factor * self._buys * (1 if self._shoppers else 0.6)
        orders = self._shops and (buys or rng.random() < chance)
        if not has_account and (self._shops or self._writes) and (orders or (known and rng.random() < 0.3)):
            visit.signed_up = True
            self._sign_up(visit.when)
        account = self._login_id()
        if account and (visit.signed_up or rng.random() < (0.85 if in_app else 0.75 if orders else 0.5)):
            visit.login = account
        if self._prospect and not in_app:
            chance = 0.02 if self._is_lead else 0.16 * factor * max(0.2, 1 + 0.5 * self._interest)
            visit.form_sent = rng.random() < chance
        visit.cart = orders or rng.random() < 0.12
        if orders:
            self._order(visit, "mobile_app" if in_app else "web")

    def _login_id(self) -> str | None:
        if self._profile:
            return self._profile.external_id
        return str(self._shoppers[0].id) if self._shoppers else None

    def _order(self, visit: Visit, source: str) -> None:
        rng = self._person.rng
        if not self._shoppers:
            self._sign_up(visit.when)
        shopper = self._shoppers[-1] if rng.random() < 0.3 else self._shoppers[0]
        keeps_cookie = rng.random() < 0.7
        visit.order_number, visit.order_cents = shopper.order(visit.when + 4 * MINUTE, visit, source, keeps_cookie)
        self._last_order = visit.order_number

    def _buy_in_store(self, when: int) -> None:
        if self._shoppers and not self._forgotten:
            self._last_order, _ = self._shoppers[0].order(when, None, "pos")

    def _after_visit(self, visit: Visit) -> None:
        """Put on the agenda what a visit leads to."""
        rng = self._person.rng
        if visit.form_sent:
            self._is_lead = True
            self._later(visit.when + 6 * MINUTE, lambda now: self._lead(now, "Web", visit))
        if visit.ad_id and (visit.order_number or visit.form_sent):
            self._place.ads.convert(visit)
        if self._profile:
            if visit.order_number:
                self._profile.revenue += visit.order_cents
                self._profile.purchases += 1
            if visit.login:
                self._profile.changed(visit.when + 9 * MINUTE, active=True)
        if visit.order_number:
            if rng.random() < 0.05 + 0.25 * self._trouble:
                self._later(visit.when + rng.randrange(2, 10) * DAY, self._complain)
            if self._profile:
                self._later(visit.when + 7 * DAY, lambda now: self._send(now, braze.canvas_step("review_request")))
        elif visit.cart and self._profile:
            self._later(visit.when + 3 * HOUR, lambda now: self._send(now, braze.canvas_step("cart_recovery")))

    def _tell_truth(self) -> None:
        person, address = self._person, self._person.household.address
        churned = self._churn_at < self._sink.end
        self._sink.truth(
            "persons",
            {
                "person_id": person.person_id,
                "first_name": person.first,
                "last_name": person.last,
                "email": person.email,
                "phone": person.mobile,
                "birth_date": person.birth.isoformat(),
                "household": person.household.number,
                "city": address.city,
                "company": person.company.name if person.company else None,
                "first_seen": stamp(self._first),
                "churned": churned,
                "churned_at": stamp(self._churn_at) if churned else None,
            },
        )
