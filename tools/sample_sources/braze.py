"""Braze: profiles, campaigns and message events."""

from __future__ import annotations

from tools.sample_sources import ids
from tools.sample_sources.clock import DAY, HOUR, MINUTE, day_of, stamp, weekday
from tools.sample_sources.diary import Diary
from tools.sample_sources.people import Card, Person
from tools.sample_sources.sink import Record, Sink, money
from tools.sample_sources.words import campaigns

MACHINE_OPENS = 0.12  # of delivered mails, opened by a mail proxy
AGENTS = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)")


class Profile:
    """One Braze profile of a person.

    :param diary: of the person whose profile it is.
    :param when: time of creation.
    :param card: what the person gave.
    :param external_id: Shopify customer id or sign-up id.
    """

    def __init__(self, diary: Diary, when: int, card: Card, external_id: str) -> None:
        person, rng = diary.person, diary.person.rng
        self.external_id = external_id
        self.subscribed = bool(card.email)
        self.revenue = 0
        self.purchases = 0
        self.devices: list[dict] = []
        self._diary = diary
        self._sink = diary.sink
        self._person = person
        self._card = card
        self._email = card.email
        self._created = when
        self._braze_id = f"{ids.scrambled(person.number, 800):024x}"
        self._opted_in = rng.random() < 0.6
        self._left: int | None = None
        self._active: int | None = None
        self._taste = rng.choice(("desks", "accessories", "stationery", "audio"))
        self._company = person.company.name if person.company and rng.random() < 0.6 else None
        self._messages = 0
        self._gone = False
        self._record = Record(diary.sink, "braze_users")
        self.changed(when)

    def changed(self, when: int, email: str | None = None, active: bool = False, deleted: bool = False) -> None:
        """Land the profile's new state.

        :param email: a new address, if it changed.
        :param active: a session in app or web caused it.
        :param deleted: the person asked to be forgotten.
        """
        if self._gone:
            return
        self._gone = deleted
        self._email = email or self._email
        self._active = when if active else self._active
        card, person = self._card, self._person
        opt = "unsubscribed" if self._left else "opted_in" if self._opted_in else "subscribed"
        self._record.put(
            when,
            {
                "external_id": self.external_id,
                "braze_id": self._braze_id,
                "email": self._email,
                "phone": card.phone,
                "first_name": card.first,
                "last_name": card.last,
                "country": card.country,
                "home_city": card.city,
                "language": "fr" if card.state == "QC" else "en",
                "gender": person.sex if card.birth else None,
                "dob": card.birth,
                "time_zone": "America/New_York",
                "email_subscribe": opt,
                "push_subscribe": "opted_in" if self.devices else "unsubscribed",
                "email_opted_in_at": stamp(self._created) if self._opted_in else None,
                "email_unsubscribed_at": stamp(self._left) if self._left else None,
                "devices": self.devices or None,
                "custom_attributes": {"favourite_category": self._taste, "company": self._company},
                "total_revenue": money(self.revenue),
                "purchase_count": self.purchases,
                "created_at": stamp(self._created),
                "last_active_at": stamp(self._active) if self._active else None,
            },
            deleted,
        )

    def send(self, when: int, message: dict, love: float) -> tuple[int, bool]:
        """Send one message.

        :param message: campaign of ``campaigns.yaml``, or ``{canvas, step}``.
        :param love: chance that the person opens it, 0–1.
        :returns: time of a click, 0 if there was none, and whether the person unsubscribed.
        """
        rng = self._person.rng
        channel = message.get("channel", "email")
        self._messages += 1
        number = ids.scrambled(self._person.number, self._messages % ids.SLOTS)
        dispatch = ids.base62(number, 7) + ids.base62(when, 6)
        base = {
            "external_user_id": self.external_id,
            "braze_id": self._braze_id,
            "channel": channel,
            "campaign_id": message.get("id"),
            "campaign_name": message.get("name"),
            "canvas_id": message.get("canvas_id"),
            "canvas_name": message.get("canvas_name"),
            "canvas_step_name": message.get("step"),
            "message_variation_id": f"var-{rng.choice('AB')}",
            "dispatch_id": dispatch,
            "email_address": self._email if channel == "email" else None,
        }

        def emit(kind: str, at: int, **more: object) -> None:
            event_id = f"{dispatch}-{'proxy-' if more.get('machine_open') else ''}{kind}"
            row = {
                "event_date": day_of(at),
                "id": event_id,
                "event_type": kind,
                "event_time": stamp(at),
                **base,
                **more,
            }
            self._sink.event("braze_message_events", at, rng, row)

        emit("sent", when)
        if channel == "email" and rng.random() < 0.012:
            emit("bounce", when + 20, bounce_reason="550 5.1.1 The email account does not exist")
            return 0, False
        emit("delivered", when + 30)
        if channel == "email" and rng.random() < MACHINE_OPENS:
            emit("open", when + 40, machine_open=True, user_agent="Mozilla/5.0")
        if channel in {"push", "sms"} or rng.random() >= love:
            clicked = channel in {"push", "sms"} and rng.random() < love * 0.2
            opened = when + rng.randrange(1, 90) * MINUTE
        else:
            opened = when + rng.randrange(2, 600) * MINUTE
            emit("open", opened, machine_open=False, user_agent=rng.choice(AGENTS))
            clicked = rng.random() < 0.05 + love * 0.35
        if channel == "email" and rng.random() < 0.002 + 0.004 * (1 - love):
            self.subscribed, self._left = False, opened + MINUTE
            emit("unsubscribe", self._left)
            return 0, True
        if not clicked:
            return 0, False
        name = message.get("name") or message["canvas_name"]
        link = f"https://shop.nexvigilant.example/?utm_source=braze&utm_medium={channel}&utm_campaign={name}"
        emit("click", opened + 30, link_url=link, user_agent=rng.choice(AGENTS))
        return opened + 45, False

    def close(self) -> None:
        """Land what waits and name the person."""
        self._record.settle()
        self._diary.identity(f"braze:user:{self.external_id}", self._created)


def todays_campaigns(day: int, person: Person, traits: set[str]) -> list[dict]:
    """Return the campaigns that a person gets on a day.

    :param day: first second of the day.
    :param traits: audiences to which the person belongs.
    """
    chosen = []
    for campaign in campaigns()["braze"]["campaigns"]:
        days = campaign["weekdays"]
        mine = [days[person.number % len(days)]] if campaign["per"] == "person" else days
        if weekday(day) in mine and campaign["audience"] in traits:
            chosen.append(campaign)
    return chosen


def canvas_step(name: str, step: int = 0) -> dict:
    """Return a step of a canvas as a message."""
    canvas = next(canvas for canvas in campaigns()["braze"]["canvases"] if canvas["name"] == name)
    return {"canvas_id": canvas["id"], "canvas_name": name, "step": canvas["steps"][step]}


def land_campaigns(sink: Sink) -> None:
    """Land the list of campaigns, every day of the period."""
    created = "2025-03-01T09:00:00Z"
    for day in range(sink.start, sink.end, DAY):
        for campaign in campaigns()["braze"]["campaigns"]:
            sink.land(
                "braze_campaigns",
                day + 3 * HOUR,
                {
                    "id": campaign["id"],
                    "name": campaign["name"],
                    "description": f"To {campaign['audience']} by {campaign['channel']}",
                    "channels": [campaign["channel"]],
                    "message_type": campaign["channel"],
                    "schedule_type": "time_based",
                    "is_archived": False,
                    "is_draft": False,
                    "tags": [campaign["audience"]],
                    "first_sent": created,
                    "last_sent": stamp(day - DAY + 9 * HOUR),
                    "created_at": created,
                    "updated_at": stamp(day - DAY + 9 * HOUR),
                    "_fivetran_deleted": False,
                },
            )
