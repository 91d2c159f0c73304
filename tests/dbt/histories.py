"""Random histories of a small shop: what its sources land, day by day, while records change in every way they can.

A history is made of a seed. Its days are cut into periods; a record's versions land on the days on which it changes,
and what happened lands late now and then. Nothing here knows what the models make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

FIRST_DAY = date(2026, 9, 3)
LATE_DAYS = 3  # late_arrival_days
RESTATED_DAYS = 30  # conversion_window_days
PEOPLE = 4
NAMES = (("Quimby", "Zellweger"), ("Oksana", "Vanterpool"), ("Ruprecht", "Holloway"), ("Ludmila", "Castellanos"))
# Days of each period: together less than the lookback in which events are stamped anew when a person changes.
PERIODS = (26, 27, 22)


def period_days(seed: int) -> tuple[int, ...]:
    """Return the days of a history's periods: two for even seeds, which cost less, three for odd ones."""
    return PERIODS if seed % 2 else PERIODS[:2]


Row = dict[str, Any]


def _moment(day: date, hour: int = 10) -> str:
    return datetime.combine(day, time(hour, 20)).isoformat() + "Z"


def _email(person: int) -> str:
    return "{}.{}@mail-example.com".format(*NAMES[person]).lower()


@dataclass
class History:
    """What lands.

    :param periods: first and last day of each period, in order.
    :param landed: rows by raw table, each with the day on which it lands.
    :param told: what happened, in words, for whom a test fails.
    """

    periods: list[tuple[date, date]]
    landed: list[tuple[date, str, Row]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def rows(self, period: int) -> dict[str, list[Row]]:
        """Return what lands in a period, by raw table."""
        first, last = self.periods[period]
        found: dict[str, list[Row]] = {}
        for day, table, row in self.landed:
            if first <= day <= last:
                found.setdefault(table, []).append(row)
        return found

    def land(self, day: date, table: str, row: Row) -> None:
        """Let a row land at the end of a day."""
        self.landed.append((day, table, {**row, "_fivetran_synced": _moment(day, 23)}))

    def tell(self, day: date, what: str) -> None:
        """Keep what happened."""
        self.told.append(f"{day} {what}")


class Maker:
    """Makes one history.

    :param seed: the same seed makes the same history.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - chance, no secret
        days = period_days(seed)
        starts = [FIRST_DAY + timedelta(days=sum(days[:number])) for number in range(len(days) + 1)]
        ends = [day - timedelta(days=1) for day in starts[1:]]
        self.history = History(list(zip(starts[:-1], ends, strict=True)))
        self._last = ends[-1]

    def make(self) -> History:
        """Return the history."""
        for person in range(PEOPLE):
            self._customer(person)
        for number in range(5):
            self._order(70_001 + number)
        for number in range(3):
            self._deal(number)
        for number in range(2):
            self._ticket(number)
        for campaign in (950, 951):
            self._campaign(campaign)
        for number in range(7):
            self._visit(number)
        return self.history

    def _day(self, first: date = FIRST_DAY, last: date | None = None) -> date:
        last = last or self._last
        return first + timedelta(days=self._random.randint(0, max((last - first).days, 0)))

    def _change_days(self, created: date, most: int) -> Iterator[date]:
        """Yield days of changes, in order, each on a day of its own."""
        days = {self._day(created + timedelta(days=1)) for _ in range(self._random.randint(0, most))}
        yield from sorted(day for day in days if created < day <= self._last)

    def _customer(self, person: int) -> None:
        created = self._day(last=FIRST_DAY + timedelta(days=8))
        first_name, last_name = NAMES[person]
        row = {
            "id": 3001 + person, "first_name": first_name, "last_name": last_name, "email": _email(person),
            "currency": "USD", "state": "enabled", "created_at": _moment(created), "updated_at": _moment(created),
            "_fivetran_deleted": False,
        }  # fmt: skip
        self.history.land(created, "shopify_customers", row)
        # One person in another's account: merged while both have one e-mail, and apart again.
        for day in self._change_days(created, 2 if person == 1 else 0):
            row = {**row, "email": _email(0 if row["email"] == _email(1) else 1), "updated_at": _moment(day)}
            self.history.tell(day, f"customer 3002 has the e-mail {row['email']}")
            self.history.land(day, "shopify_customers", row)

    def _order(self, order_id: int) -> None:
        created = self._day()
        amount = self._random.randint(20, 400)
        row: Row = {
            "id": order_id, "name": f"#{order_id}", "order_number": order_id,
            "customer_id": 3001 + self._random.randrange(PEOPLE),
            "currency": self._random.choice(["USD", "USD", "EUR"]),
            "subtotal_price": amount, "total_discounts": 0, "total_tax": 0, "total_shipping_price": 0,
            "total_price": amount, "total_refunded": 0, "financial_status": "paid", "source_name": "web", "test": False,
            "created_at": _moment(created), "processed_at": _moment(created), "updated_at": _moment(created),
            "_fivetran_deleted": False,
        }  # fmt: skip
        self.history.tell(created, f"order {order_id} of {row['customer_id']}: {amount} {row['currency']}")
        self.history.land(created, "shopify_orders", row)
        changes: dict[str, Callable[[Row, date], Row]] = {
            "amend": lambda now, _: {"subtotal_price": now["total_price"] + 7, "total_price": now["total_price"] + 7},
            "move": lambda now, day: {"processed_at": _moment(self._day(last=day))},
            "refund part": lambda now, _: {
                "total_refunded": now["total_price"] // 3, "financial_status": "partially_refunded",
            },
            "refund": lambda now, _: {"total_refunded": now["total_price"], "financial_status": "refunded"},
            "cancel": lambda now, day: {"cancelled_at": _moment(day)},
            "delete or restore": lambda now, _: {"_fivetran_deleted": not now["_fivetran_deleted"]},
            "give to another customer": lambda now, _: {"customer_id": 3001 + self._random.randrange(PEOPLE)},
        }  # fmt: skip
        for day in self._change_days(created, 3):
            name = self._random.choice(list(changes))
            row = {**row, **changes[name](row, day), "updated_at": _moment(day)}
            self.history.tell(day, f"order {order_id}: {name}")
            self.history.land(day, "shopify_orders", row)

    def _deal(self, number: int) -> None:
        opportunity_id, contact_id, lead_id = f"006H{number}", f"003H{number}", f"00QH{number}"
        created = self._day(last=self.history.periods[1][1])
        first_name, last_name = NAMES[number]
        person = {
            "first_name": first_name, "last_name": f"{last_name}son",
            "email": f"sales{number}@firm{number}-example.com",
            "created_date": _moment(created), "last_modified_date": _moment(created), "is_deleted": False,
            "_fivetran_deleted": False,
        }  # fmt: skip
        self.history.land(created, "salesforce_contacts", {"id": contact_id, **person})
        row: Row = {
            "id": opportunity_id, "name": f"Deal {number}", "stage_name": "Negotiation", "amount": 500 + number,
            "probability": 50.0, "close_date": (created + timedelta(days=20)).isoformat(), "is_closed": False,
            "is_won": False, "created_date": _moment(created), "last_modified_date": _moment(created),
            "system_modstamp": _moment(created), "is_deleted": False, "_fivetran_deleted": False,
            "contact_id": contact_id if number else None,
        }  # fmt: skip
        self.history.land(created, "salesforce_opportunities", row)
        # The lead may land long after its deal.
        lead_lands = self._day(created)
        self.history.tell(lead_lands, f"lead {lead_id} of deal {opportunity_id} lands, made on {created}")
        lead = {
            "id": lead_id, **person, "company": f"Firm {number}", "status": "Qualified", "is_converted": True,
            "converted_date": created.isoformat(), "converted_contact_id": contact_id,
            "converted_opportunity_id": opportunity_id, "utm_source__c": "google", "utm_medium__c": "cpc",
            "utm_campaign__c": "autumn", "system_modstamp": _moment(created),
        }  # fmt: skip
        self.history.land(lead_lands, "salesforce_leads", lead)
        for day in self._change_days(lead_lands, 1):
            lead = {**lead, "is_deleted": True, "last_modified_date": _moment(day), "system_modstamp": _moment(day)}
            self.history.tell(day, f"lead {lead_id} is deleted")
            self.history.land(day, "salesforce_leads", lead)
        changes: dict[str, Callable[[Row, date], Row]] = {
            "win": lambda now, day: {
                "stage_name": "Closed Won", "is_closed": True, "is_won": True,
                "close_date": self._day(created, day).isoformat(),
            },
            "reopen": lambda now, _: {"stage_name": "Negotiation", "is_closed": False, "is_won": False},
            "amend": lambda now, _: {"amount": now["amount"] + 100},
            "move": lambda now, day: {"close_date": self._day(created, day).isoformat()},
            "delete or restore": lambda now, _: {"is_deleted": not now["is_deleted"]},
        }  # fmt: skip
        for position, day in enumerate(self._change_days(created, 4)):
            name = "win" if not position else self._random.choice(list(changes))
            row = {
                **row,
                **changes[name](row, day),
                "last_modified_date": _moment(day),
                "system_modstamp": _moment(day),
            }
            self.history.tell(day, f"deal {opportunity_id}: {name}, closes on {row['close_date']}")
            self.history.land(day, "salesforce_opportunities", row)

    def _ticket(self, number: int) -> None:
        created = self._day(last=self.history.periods[1][1])
        user = {
            "id": 8001 + number, "name": " ".join(NAMES[number]), "email": _email(number), "role": "end-user",
            "created_at": _moment(created), "updated_at": _moment(created), "_fivetran_deleted": False,
        }  # fmt: skip
        self.history.land(created, "zendesk_users", user)
        row: Row = {
            "id": 9001 + number, "subject": "Help", "status": "open", "requester_id": 8001 + number,
            "via_channel": "email", "created_at": _moment(created), "updated_at": _moment(created), "reopens": 0,
            "replies": 1, "_fivetran_deleted": False,
        }  # fmt: skip
        self.history.land(created, "zendesk_tickets", row)
        changes: dict[str, Callable[[Row, date], Row]] = {
            "solve": lambda now, day: {"status": "solved", "solved_at": _moment(day, 9)},
            "delete": lambda now, _: {"status": "deleted"},
            "restore": lambda now, _: {"status": "open"},
        }
        for day in self._change_days(created, 2):
            name = self._random.choice(list(changes))
            row = {**row, **changes[name](row, day), "updated_at": _moment(day)}
            self.history.tell(day, f"ticket {row['id']}: {name}")
            self.history.land(day, "zendesk_tickets", row)

    def _campaign(self, campaign: int) -> None:
        name = {950: "autumn", 951: "winter"}[campaign]
        created = self._day(last=self.history.periods[1][1])
        row: Row = {
            "id": campaign, "customer_id": 555, "name": name, "status": "ENABLED",
            "advertising_channel_type": "SEARCH", "_fivetran_deleted": False,
        }  # fmt: skip
        self.history.tell(created, f"campaign {campaign} becomes known")
        self.history.land(created, "google_ads_campaigns", row)
        for day in self._change_days(created, 1):
            row = {**row, "status": "PAUSED", "advertising_channel_type": "DISPLAY"}
            self.history.tell(day, f"campaign {campaign} is paused, and its type is corrected")
            self.history.land(day, "google_ads_campaigns", row)
        for day in sorted({self._day() for _ in range(4)}):
            row = {
                "date": day.isoformat(), "customer_id": 555, "campaign_id": campaign, "campaign_name": name,
                "ad_group_id": 9500, "ad_group_name": "g", "ad_id": 1, "ad_type": "RESPONSIVE_SEARCH_AD",
                "ad_network_type": "SEARCH", "device": "MOBILE", "impressions": 100, "clicks": 10, "interactions": 10,
                "cost_micros": 1_000_000 * self._random.randint(1, 90), "conversions": 0.0, "conversions_value": 0,
                "view_through_conversions": 0,
            }  # fmt: skip
            self.history.land(day, "google_ads_ad_performance", row)
            latest = min(self._last, day + timedelta(days=RESTATED_DAYS))
            for later in self._change_days(day, 1):
                if later <= latest:
                    row = {**row, "conversions": row["conversions"] + 0.3, "cost_micros": row["cost_micros"] - 100_000}
                    self.history.tell(later, f"campaign {campaign} of {day} is restated")
                    self.history.land(later, "google_ads_ad_performance", row)

    def _visit(self, number: int) -> None:
        day = self._day()
        lands = min(self._last, day + timedelta(days=self._random.choice([0, 0, LATE_DAYS])))
        person = self._random.randrange(PEOPLE)
        campaign, campaign_id = self._random.choice([("autumn", "950"), ("winter", "951"), (None, None)])
        paid = campaign is not None
        row: Row = {
            "date": day.isoformat(), "full_visitor_id": f"w{person}", "visit_id": 1_790_000_000 + number,
            "visit_number": 1, "client_id": f"w{person}", "visit_start_time": _moment(day, 8),
            "traffic_source_source": "google" if paid else "(direct)",
            "traffic_source_medium": "cpc" if paid else "(none)", "traffic_source_campaign": campaign,
            "traffic_source_campaign_id": campaign_id, "device_category": "desktop",
            "geo_network_country": "United States", "landing_page_path": "/", "exit_page_path": "/", "totals_visits": 1,
            "totals_hits": 3, "totals_pageviews": 3, "totals_time_on_site": 120, "user_id": str(3001 + person),
        }  # fmt: skip
        self.history.land(lands, "ga360_sessions", row)
        self.history.tell(lands, f"visit of {3001 + person} on {day}, campaign {campaign}")


def make_history(seed: int) -> History:
    """Return the history of a seed."""
    return Maker(seed).make()


def make_runs(seed: int) -> list[tuple[int, bool]]:
    """Return which periods are built, one after the other, and whether their rows land before: each once, some again.

    :param seed: the same seed makes the same order.
    """
    random = Random(f"runs {seed}")  # noqa: S311 - chance, no secret
    order = list(range(len(period_days(seed))))
    if random.random() < 0.5:
        random.shuffle(order)
    again = [random.randrange(len(order)) for _ in range(random.randint(0, 2))]
    return [(period, True) for period in order] + [(period, False) for period in again]
