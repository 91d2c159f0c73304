"""Salesforce: accounts, leads, contacts and opportunities."""

from __future__ import annotations

import math
from collections.abc import Callable

from tools.sample_sources import ids
from tools.sample_sources.clock import DAY, HOUR, MINUTE, day_of, stamp
from tools.sample_sources.diary import Diary
from tools.sample_sources.people import Card, Company
from tools.sample_sources.sink import Record, Sink, money
from tools.sample_sources.visit import Visit

STAGES = (("Prospecting", 10), ("Qualification", 25), ("Proposal", 50), ("Negotiation", 75))
FORECAST = {0: "Omitted", 10: "Pipeline", 25: "Pipeline", 50: "BestCase", 75: "Commit", 100: "Closed"}
SOURCE_WEIGHT = {"Web": 0.5, "Event": 0.2, "Referral": 0.9, "Partner": 0.4, "Purchased List": -1.4}


class AccountBook:
    """The accounts of one neighbourhood's companies.

    :param sink: where rows land.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._rows: dict[int, dict] = {}
        self._created: dict[int, int] = {}
        self._customer_since: dict[int, int] = {}

    def account_id(self, company: Company, when: int, customer: bool = False) -> str:
        """Return the company's account, opened at ``when`` if it is new or older than what was known."""
        number, place = company.number, company.address
        # Persons live one after the other, so a later one may show that the account is older.
        self._created[number] = min(when, self._created.get(number, when))
        if customer:
            self._customer_since[number] = min(when, self._customer_since.get(number, when))
        self._rows[number] = self._rows.get(number) or {
            "id": ids.salesforce_id("account", company.number),
            "name": company.name,
            "owner_id": ids.salesforce_id("user", company.number % 9),
            "industry": company.industry,
            "annual_revenue": money(company.revenue * 100),
            "number_of_employees": company.employees,
            "rating": "Hot" if company.employees > 200 else "Warm" if company.employees > 40 else "Cold",
            "phone": f"+1{company.switchboard}",
            "website": f"https://www.{company.domain}",
            "billing_street": f"{place.number} {place.street} {place.kind}",
            "billing_city": place.city,
            "billing_state": place.state,
            "billing_postal_code": place.postcode,
            "billing_country": "USA" if place.country == "US" else "Canada",
            "account_source": "Web",
            "custom_fields": {"segment__c": "Enterprise" if company.employees > 500 else "SMB"},
            "is_deleted": False,
        }
        return self._rows[number]["id"]

    def close(self) -> None:
        """Land every account, then the nightly refresh of company data that touches some each day."""
        for number in sorted(self._rows):
            created, record = self._created[number], Record(self._sink, "salesforce_accounts")
            record.put(created, self._version(number, created))
            first = max(created, self._sink.start - DAY)
            for day in range(first - first % DAY + DAY, self._sink.end, DAY):
                if (day // DAY + number // 4 + number % 4 * 3) % 8 == 0:
                    record.put(day + 4 * HOUR, self._version(number, day + 4 * HOUR))
            record.settle()

    def _version(self, number: int, changed: int) -> dict:
        customer = changed >= self._customer_since.get(number, changed + 1)
        return self._rows[number] | {
            "type": "Customer" if customer else "Prospect",
            # Now and then the second company of a neighbourhood belongs to the first.
            "parent_id": self._rows[number - 1]["id"] if number % 12 == 1 and number - 1 in self._rows else None,
            "created_date": stamp(self._created[number]),
            "last_modified_date": stamp(changed),
            "system_modstamp": stamp(changed),
        }


class Prospect:
    """A person as Salesforce knows them: leads first, a contact once one converts.

    :param diary: of the person, who works for a company.
    :param accounts: the neighbourhood's accounts.
    """

    def __init__(self, diary: Diary, accounts: AccountBook) -> None:
        self.is_customer = False
        self._diary = diary
        self._sink = diary.sink
        self._person = diary.person
        self._later = diary.later
        self._accounts = accounts
        self._records: list[Record] = []
        self._leads = 0
        self._contact: tuple[Record, dict] | None = None
        self._score_lead: Callable[[int], None] | None = None

    def _record(self, table: str) -> Record:
        self._records.append(Record(self._sink, table))
        return self._records[-1]

    def lead(self, when: int, source: str, interest: float, visit: Visit | None, card: Card) -> None:
        """Enter a lead, and put what becomes of it on the agenda.

        :param source: lead_source, a key of ``SOURCE_WEIGHT``.
        :param interest: how much the person wants to buy; about 0, higher is warmer.
        :param visit: the visit in which the form was sent; None for imported leads.
        """
        person, rng, company = self._person, self._person.rng, self._person.company
        lead_id = ids.salesforce_id("lead", person.number, self._leads)
        self._leads += 1
        size = math.log10(company.employees)
        logit = -2.6 + 0.55 * person.seniority + 0.35 * size + SOURCE_WEIGHT[source] + 0.9 * interest
        if visit and visit.channel in {"Display", "Video", "Social"}:
            logit -= 0.8
        probability = 1 / (1 + math.exp(-logit))
        converts = rng.random() < probability
        place = company.address
        budget = (
            rng.choice(("unknown", "under 10k", "10k-50k", "over 50k"))
            if interest < 0.5
            else rng.choice(("10k-50k", "over 50k"))
        )
        row = {
            "id": lead_id,
            "owner_id": ids.salesforce_id("user", person.number % 9),
            "first_name": card.first,
            "last_name": card.last,
            "email": card.email,
            "phone": card.phone,
            "mobile_phone": f"+1{person.mobile}" if rng.random() < 0.4 else None,
            "company": company.name if rng.random() < 0.8 else company.name.partition(" ")[0],
            "title": person.title,
            "industry": company.industry,
            "annual_revenue": money(company.revenue * 100) if rng.random() < 0.6 else None,
            "number_of_employees": company.employees,
            "lead_source": source,
            "status": "Open",
            "rating": "Hot" if interest > 0.8 else "Warm" if interest > -0.2 else "Cold",
            "street": card.street,
            "city": card.city,
            "state": card.state,
            "postal_code": card.postcode,
            "country": rng.choice(("United States", "USA", "US")) if place.country == "US" else "Canada",
            "website": f"www.{company.domain}" if rng.random() < 0.5 else None,
            "has_opted_out_of_email": rng.random() < 0.03,
            "is_converted": False,
            "campaign_id": str(visit.campaign_id) if visit and visit.campaign_id else None,
            "utm_source__c": visit.source if visit and visit.campaign else None,
            "utm_medium__c": visit.medium if visit and visit.campaign else None,
            "utm_campaign__c": visit.campaign if visit else None,
            "gclid__c": visit.gclid if visit else None,
            "ga_client_id__c": visit.client_id if visit else None,
            "custom_fields": {
                "budget__c": budget,
                "authority__c": person.seniority >= 2,
                "need__c": rng.choice(("fit-out", "refill", "gifts")),
                "timeline__c": rng.choice(("this quarter", "this year")) if interest > 0 else "unknown",
            },
            "created_date": stamp(when),
            "is_deleted": False,
        }
        # A third of the forms asks little: sales fills in the rest in the first talk.
        asked = {key: row[key] for key in ("title", "custom_fields")}
        if person.number % 3 == 0:
            row |= {"title": None, "custom_fields": {"need__c": asked["custom_fields"]["need__c"]}}
        record = self._record("salesforce_leads")

        def put(now: int, deleted: bool = False, **changes: object) -> None:
            row.update(changes)
            record.put(now, row | {"last_modified_date": stamp(now), "system_modstamp": stamp(now)}, deleted)

        def score(now: int) -> None:
            if not row["is_converted"] and not row["is_deleted"]:
                put(now, custom_fields=row["custom_fields"] | {"last_scored__c": day_of(now)})

        self._score_lead = score
        put(when)
        self._later(when + rng.randrange(2, 30) * HOUR, lambda now: put(now, status="Working", **asked))
        lag = rng.randrange(2, 22) * DAY + rng.randrange(9, 18) * HOUR
        # Sales writes a note every few days while the lead is open, and gives up some that convert after all.
        doubt = {"status": "Nurturing"} if person.number % 7 == 0 else {}
        for note in range(rng.randrange(1, 4)):
            self._later(
                when + 2 * DAY + note * lag // 5, lambda now: put(now, **doubt) if not row["is_converted"] else None
            )
        done = when + 2 * DAY + lag
        if converts:
            self._later(
                done,
                lambda now: put(now, status="Qualified", is_converted=True, **self._convert(now, source, visit, card)),
            )
        else:
            self._later(done, lambda now: put(now, status=rng.choice(("Unqualified", "Nurturing"))))
            if rng.random() < 0.03:
                self._later(done + 3 * DAY, lambda now: put(now, deleted=True, is_deleted=True))
        self._diary.identity(f"salesforce:lead:{lead_id}", when)
        if when < self._sink.end:
            self._sink.truth("leads", {"lead_id": lead_id, "person_id": person.person_id, "created": stamp(when),
                                       "conversion_probability": round(probability, 4), "converts": converts,
                                       "converts_at": stamp(done) if converts else None})  # fmt: skip

    def contact(self, when: int, card: Card, source: str, slot: int = 0) -> str:
        """Enter the person as a contact and return its id."""
        person, rng, company = self._person, self._person.rng, self._person.company
        contact_id = ids.salesforce_id("contact", person.number, slot)
        row = {
            "id": contact_id,
            "account_id": self._accounts.account_id(company, when),
            "owner_id": ids.salesforce_id("user", person.number % 9),
            "first_name": card.first,
            "last_name": card.last,
            "email": card.email,
            "phone": card.phone,
            "mobile_phone": f"({person.mobile[:3]}) {person.mobile[3:6]}-{person.mobile[6:]}"
            if rng.random() < 0.55
            else None,
            "title": person.title,
            "department": person.department,
            "lead_source": source,
            "birthdate": card.birth,
            "mailing_street": card.street,
            "mailing_city": card.city,
            "mailing_state": card.state,
            "mailing_postal_code": card.postcode,
            "mailing_country": "USA" if card.country == "US" else "Canada",
            "has_opted_out_of_email": rng.random() < 0.04,
            "do_not_call": rng.random() < 0.03,
            "email_bounced_date": stamp(when + 30 * DAY) if rng.random() < 0.02 else None,
            "custom_fields": {"persona__c": person.department},
            "created_date": stamp(when),
            "is_deleted": False,
        }
        record = self._record("salesforce_contacts")
        record.put(
            when,
            row
            | {"last_activity_date": day_of(when), "last_modified_date": stamp(when), "system_modstamp": stamp(when)},
        )
        self._contact = self._contact or (record, row)
        self._diary.identity(f"salesforce:contact:{contact_id}", when)
        return contact_id

    def score_lead(self, when: int) -> None:
        """Let marketing automation refresh the newest lead, if it is open."""
        if self._score_lead:
            self._score_lead(when)

    def touch_contact(self, when: int, deleted: bool = False, email: str | None = None) -> None:
        """Log an activity with the contact, if there is one."""
        if self._contact and not self._contact[1]["is_deleted"]:
            record, row = self._contact
            row["email"] = email or row["email"]
            row["is_deleted"] = deleted
            record.put(
                when,
                row
                | {
                    "last_activity_date": day_of(when),
                    "last_modified_date": stamp(when),
                    "system_modstamp": stamp(when),
                },
                deleted,
            )

    def _convert(self, when: int, source: str, visit: Visit | None, card: Card) -> dict:
        if self._contact:
            contact_id = self._contact[1]["id"]
        else:
            # Sales corrects some of the lead's data on conversion.
            contact_id = self.contact(
                when, card if self._person.mess_rng.random() < 0.7 else self._person.card(work=True), source
            )
        return {
            "converted_date": day_of(when),
            "converted_contact_id": contact_id,
            "converted_account_id": self._accounts.account_id(self._person.company, when),
            "converted_opportunity_id": self.opportunity(when + MINUTE, contact_id, source, visit),
        }

    def opportunity(self, when: int, contact_id: str, source: str, visit: Visit | None = None) -> str:
        """Open a deal and put its stages on the agenda; return its id."""
        person, rng, company = self._person, self._person.rng, self._person.company
        slot = len(self._records) % ids.SLOTS
        opportunity_id = ids.salesforce_id("opportunity", person.number, slot)
        amount = int(min(250_000, 800 * company.employees**0.5 * rng.lognormvariate(0, 0.6))) * 100
        record = self._record("salesforce_opportunities")
        row = {
            "id": opportunity_id,
            "account_id": self._accounts.account_id(company, when),
            "contact_id": contact_id,
            "owner_id": ids.salesforce_id("user", person.number % 9),
            "campaign_id": str(visit.campaign_id) if visit and visit.campaign_id else None,
            "name": f"{company.name} - {'Renewal' if self.is_customer else 'New'}",
            "type": "Renewal" if self.is_customer else "New Business",
            "amount": money(amount),
            "lead_source": source,
            "is_closed": False,
            "is_won": False,
            "custom_fields": {"competitor__c": rng.choice(("none", "Deskly", "OfficeHub"))},
            "created_date": stamp(when),
            "is_deleted": False,
        }
        wins = rng.random() < 0.62
        close = when + rng.randrange(4, 26) * DAY

        def put(now: int, stage: str, probability: int, **changes: object) -> None:
            state = {
                "stage_name": stage,
                "probability": float(probability),
                "expected_revenue": money(amount * probability // 100),
                "close_date": day_of(close),
                "forecast_category": FORECAST[probability],
                "last_modified_date": stamp(now),
                "system_modstamp": stamp(now),
            }
            record.put(now, row | state | changes)

        put(when, *STAGES[0])
        for step in range(1, 12):
            stage = STAGES[step // 3]
            self._later(when + (close - when) * step // 12, lambda now, stage=stage: put(now, *stage))

        def finish(now: int) -> None:
            if wins:
                self.is_customer = True
                self._accounts.account_id(company, now, customer=True)
                put(now, "Closed Won", 100, is_closed=True, is_won=True)
            else:
                put(now, "Closed Lost", 0, is_closed=True, loss_reason__c=rng.choice(("Price", "Timing", "Competitor")))

        # Sales enters the outcome of every third deal some days after the date on which it was to close.
        self._later(close + (4 + person.number % 5) * DAY if person.number % 3 == 0 else close, finish)
        return opportunity_id

    def close(self) -> None:
        """Land what waits."""
        for record in self._records:
            record.settle()
