"""Zendesk: users, tickets and satisfaction ratings."""

from __future__ import annotations

from tools.sample_sources import ids
from tools.sample_sources.clock import DAY, HOUR, MINUTE, stamp
from tools.sample_sources.diary import Diary
from tools.sample_sources.people import Card
from tools.sample_sources.sink import Record

USER_BASE, TICKET_BASE, RATING_BASE = 370_000_000_000, 1_000_000, 5_000_000_000_000
SUBJECTS = {
    "problem": ("Arrived damaged", "Wrong item in the box", "Cannot log in", "Charged twice"),
    "question": ("Where is my order?", "How do I return this?", "Invoice needed", "Do you ship abroad?"),
}
BAD_REASONS = (
    "The issue took too long to resolve",
    "The issue was not resolved",
    "The agent's knowledge is unsatisfactory",
)


class Requester:
    """One Zendesk user of a person.

    :param diary: of the person who asks.
    :param when: time of creation.
    :param card: what the person gave.
    :param external_id: Shopify customer id if the shop is linked; else None.
    :param slot: 0 for the person's first user, 1 for a duplicate.
    """

    def __init__(self, diary: Diary, when: int, card: Card, external_id: str | None, slot: int = 0) -> None:
        person = diary.person
        self.id = USER_BASE + ids.scrambled(person.number, slot)
        self._diary = diary
        self._sink = diary.sink
        self._person = person
        self._card = card
        self._external_id = external_id
        self._later = diary.later
        self._created = when
        self._slot = slot
        self._tickets = 0
        self._gone = False
        self._records = [Record(diary.sink, "zendesk_users")]
        self._name = f"{card.last}, {card.first}" if person.mess_rng.random() < 0.05 else f"{card.first} {card.last}"
        self.changed(when)

    def changed(self, when: int, deleted: bool = False) -> None:
        """Land the user's new state, as after a login."""
        if self._gone:
            return
        self._gone = deleted
        company = self._person.company
        self._records[0].put(
            when,
            {
                "id": self.id,
                "name": self._name,
                "email": self._card.email,
                "phone": self._card.phone,
                "role": "end-user",
                "organization_id": company.number + 9_000_000 if company else None,
                "external_id": self._external_id,
                "locale": "en-US",
                "time_zone": "Eastern Time (US & Canada)",
                "verified": self._slot == 0,
                "suspended": False,
                "shared_phone_number": False,
                "tags": ["business"] if company else None,
                "user_fields": {"tickets": self._tickets},
                "created_at": stamp(self._created),
                "updated_at": stamp(when),
                "last_login_at": stamp(when) if self._tickets else None,
            },
            deleted,
        )

    def ask(self, when: int, trouble: float, order_number: str | None) -> float:
        """Open a ticket and put its life on the agenda.

        :param trouble: how bad it is, 0–1.
        :returns: by how much the person's mood falls (0 if the rating is not bad).
        """
        rng = self._person.rng
        slot = (self._slot * 500 + self._tickets) % ids.SLOTS
        ticket_id = TICKET_BASE + ids.scrambled(self._person.number, slot)
        self._tickets += 1
        kind = "problem" if rng.random() < 0.35 + trouble * 0.5 else "question"
        subject = rng.choice(SUBJECTS[kind])
        reply = int(rng.lognormvariate(4.2 + trouble, 0.9))
        resolution = reply + int(rng.lognormvariate(6.2 + trouble, 0.9))
        bad = rng.random() < min(0.9, 0.06 + 0.55 * trouble + (0.15 if resolution > 3 * 1440 else 0))
        rated = rng.random() < 0.6
        row = {
            "id": ticket_id,
            "subject": subject,
            "description": f"{subject}. Order {order_number}." if order_number else subject,
            "type": kind,
            "status": "new",
            "priority": "urgent"
            if trouble > 0.85
            else "high"
            if trouble > 0.6
            else rng.choice(("low", "normal", "normal")),
            "requester_id": self.id,
            "submitter_id": self.id,
            "organization_id": self._person.company.number + 9_000_000 if self._person.company else None,
            "via_channel": rng.choice(("email", "email", "web", "chat", "voice", "api")),
            "tags": [kind],
            "custom_fields": {"order_number": order_number} if order_number else None,
            "satisfaction_rating_score": "unoffered",
            "reopens": 0,
            "replies": 0,
            "created_at": stamp(when),
        }
        record = Record(self._sink, "zendesk_tickets")
        self._records.append(record)

        def put(now: int, **changes: object) -> None:
            row.update(changes)
            record.put(now, row | {"updated_at": stamp(now)})

        put(when)
        agent = 370_900_000 + self._person.number % 6
        self._later(
            when + reply * MINUTE,
            lambda now: put(
                now, status="open", assignee_id=agent, group_id=7_700, replies=1, reply_time_in_minutes=reply
            ),
        )
        solved = when + resolution * MINUTE
        minutes = {"first_resolution_time_in_minutes": resolution, "full_resolution_time_in_minutes": resolution}

        def solve(now: int) -> None:
            put(now, status="solved", replies=2, solved_at=stamp(now), satisfaction_rating_score="offered", **minutes)

        self._later(solved, solve)
        if rated:
            at = solved + rng.randrange(1, 30) * HOUR
            score = "bad" if bad else "good"
            self._later(
                at,
                lambda now: (put(now, satisfaction_rating_score=score), self._rate(now, slot, ticket_id, agent, score)),
            )
        self._later(solved + 4 * DAY, lambda now: put(now, status="closed"))
        self.changed(when + MINUTE)
        return 0.5 if bad else 0.0

    def _rate(self, now: int, slot: int, ticket_id: int, agent: int, score: str) -> None:
        rng = self._person.rng
        rating = Record(self._sink, "zendesk_satisfaction_ratings")
        self._records.append(rating)
        comment = ("Nobody answered me", "Still broken") if score == "bad" else ("Thanks!", "Fast and friendly")
        rating.put(
            now,
            {
                "id": RATING_BASE + ids.scrambled(self._person.number, slot),
                "ticket_id": ticket_id,
                "requester_id": self.id,
                "assignee_id": agent,
                "group_id": 7_700,
                "score": score,
                "comment": rng.choice(comment) if rng.random() < 0.4 else None,
                "reason": rng.choice(BAD_REASONS) if score == "bad" else None,
                "created_at": stamp(now),
                "updated_at": stamp(now),
            },
        )

    def close(self) -> None:
        """Land what waits and name the person."""
        for record in self._records:
            record.settle()
        self._diary.identity(f"zendesk:user:{self.id}", self._created)
