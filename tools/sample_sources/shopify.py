"""Shopify: customers, orders and order lines."""

from __future__ import annotations

from collections.abc import Callable

from tools.sample_sources import ids
from tools.sample_sources.clock import DAY, HOUR, MINUTE, stamp
from tools.sample_sources.people import Card, Person
from tools.sample_sources.sink import Record, Sink, money
from tools.sample_sources.visit import Visit
from tools.sample_sources.words import words

CUSTOMER_BASE, ORDER_BASE, LINE_BASE = 6_000_000_000_000, 4_000_000_000_000, 9_000_000_000_000
LINES_PER_ORDER = 4
TAX = 0.08

Later = Callable[[int, Callable[[int], None]], None]


class Shopper:
    """One Shopify customer record of a person.

    :param sink: where rows land.
    :param person: who shops.
    :param when: time at which the record is created.
    :param card: what the person gave.
    :param later: puts an action on the person's agenda.
    :param slot: 0 for the person's first customer record, 1 for a duplicate.
    """

    def __init__(self, sink: Sink, person: Person, when: int, card: Card, later: Later, slot: int = 0) -> None:
        rng = person.rng
        self.id = CUSTOMER_BASE + ids.scrambled(person.number, slot)
        self.orders = 0
        self.spent = 0
        self.email = card.email
        self._sink = sink
        self._person = person
        self._card = card
        self._later = later
        self._slot = slot
        self._created = when
        self._mail = "subscribed" if rng.random() < 0.7 else "not_subscribed"
        self._sms = "subscribed" if card.phone and rng.random() < 0.35 else "not_subscribed"
        self._gone = False
        self._record = Record(sink, "shopify_customers")
        self._records = [self._record]
        self.changed(when)

    def changed(self, when: int, deleted: bool = False, email: str | None = None, unsubscribed: bool = False) -> None:
        """Land the customer's new state.

        :param deleted: the customer asked to be forgotten.
        :param email: a new address, if it changed.
        :param unsubscribed: the customer wants no more marketing mail.
        """
        if self._gone:
            return
        self._gone = deleted
        self.email = email or self.email
        self._mail = "unsubscribed" if unsubscribed else self._mail
        card = self._card
        company = self._person.company
        self._record.put(
            when,
            {
                "id": self.id,
                "email": self.email,
                "phone": card.phone,
                "first_name": card.first,
                "last_name": card.last,
                "state": "enabled" if self._slot == 0 else "disabled",
                "verified_email": self._slot == 0,
                "email_marketing_consent_state": self._mail,
                "sms_marketing_consent_state": self._sms,
                "orders_count": self.orders,
                "total_spent": money(self.spent),
                "currency": "USD",
                "default_address_first_name": card.first,
                "default_address_last_name": card.last,
                "default_address_company": company.name if company and self.id % 3 == 0 else None,
                "default_address_address1": card.street,
                "default_address_address2": card.unit,
                "default_address_city": card.city,
                "default_address_province_code": card.state,
                "default_address_zip": card.postcode,
                "default_address_country_code": card.country,
                "default_address_phone": card.phone,
                "tags": "vip" if self.orders >= 5 else None,
                "note": "call before delivery" if self.id % 50 == 0 else None,
                "metafields": {"loyalty_tier": "gold" if self.orders >= 5 else "basic"},
                "created_at": stamp(self._created),
                "updated_at": stamp(when),
            },
            deleted,
        )

    def order(self, when: int, visit: Visit | None, source: str, client_id: str | None) -> tuple[str, int]:
        """Place an order.

        :param visit: the visit in which it is placed; None for a sale in a store.
        :param source: web, mobile_app or pos.
        :param client_id: the browser's cookie as the shop stores it; None if it does not.
        :returns: its order number and value in cents.
        """
        rng, card = self._person.rng, self._card
        slot = (self._slot * 500 + self.orders) % ids.SLOTS
        order_id = ORDER_BASE + ids.scrambled(self._person.number, slot)
        name = f"#{order_id - ORDER_BASE}"
        lines = [
            (words().products.draw(rng), rng.choice((1, 1, 1, 2, 3))) for _ in range(rng.choice((1, 1, 2, 2, 3, 4)))
        ]
        percent = rng.choice((10, 15, 20)) if rng.random() < 0.25 else 0
        discounts = [product[4] * pieces * percent // 100 for product, pieces in lines]
        subtotal = sum(product[4] * pieces for product, pieces in lines) - sum(discounts)
        tax, shipping = int(subtotal * TAX), 0 if subtotal >= 7_500 else 795
        total = subtotal + tax + shipping
        self.orders += 1
        self.spent += total
        visited = visit is not None
        code = {"code": f"SAVE{percent}", "amount": money(sum(discounts)), "type": "percentage"}
        address = {"first_name": card.first, "last_name": card.last, "address1": card.street, "city": card.city,
                   "province_code": card.state, "zip": card.postcode, "country_code": card.country}  # fmt: skip
        row = {
            "id": order_id,
            "name": name,
            "order_number": order_id - ORDER_BASE,
            "customer_id": self.id if rng.random() < 0.97 else None,
            "email": self.email,
            "phone": card.phone,
            "user_id": 88_001 if source == "pos" else None,
            "currency": "USD",
            "subtotal_price": money(subtotal),
            "total_discounts": money(sum(discounts)),
            "total_tax": money(tax),
            "total_shipping_price": money(shipping),
            "total_price": money(total),
            "total_refunded": money(0),
            "financial_status": "paid",
            "source_name": source,
            "referring_site": f"https://{visit.source}/" if visited and "." in visit.source else None,
            "landing_site": visit.landing_path if visited else None,
            "client_ip": f"10.{order_id % 250}.{order_id % 241}.{order_id % 239}" if source == "web" else None,
            "cart_token": f"{order_id:x}"[::-1] if source == "web" else None,
            "discount_codes": [code] if percent else None,
            "note_attributes": [{"name": "ga_client_id", "value": client_id}] if client_id else None,
            "tags": "gift" if rng.random() < 0.05 else None,
            **{f"billing_address_{key}": value for key, value in address.items()},
            **{f"shipping_address_{key}": value for key, value in address.items()},
            "test": rng.random() < 0.004,
            "created_at": stamp(when),
            "processed_at": stamp(when + 30),
            "updated_at": stamp(when + 30),
        }
        record, line_records = Record(self._sink, "shopify_orders"), []
        self._records.append(record)
        record.put(when, row)
        line_rows = []
        for index, ((sku, title, kind, vendor, cents), pieces) in enumerate(lines):
            product_id = sum(sku.encode()) * 7_919
            line_rows.append(
                {
                    "id": LINE_BASE + ids.scrambled(self._person.number, slot) * LINES_PER_ORDER + index,
                    "order_id": order_id,
                    "product_id": product_id,
                    "variant_id": product_id + 1,
                    "sku": sku,
                    "title": title,
                    "variant_title": rng.choice(("Black", "White")) if kind in {"Accessories", "Bags"} else None,
                    "vendor": vendor,
                    "product_type": kind,
                    "quantity": pieces,
                    "current_quantity": pieces,
                    "price": money(cents),
                    "total_discount": money(discounts[index]),
                    "gift_card": kind == "Gift Cards",
                    "taxable": kind != "Gift Cards",
                    "properties": [{"name": "gift_wrap", "value": "yes"}] if rng.random() < 0.03 else None,
                }
            )
            line_records.append(Record(self._sink, "shopify_order_line_items"))
            line_records[-1].put(when, line_rows[-1])
        self._records += line_records
        self.changed(when + MINUTE)
        self._afterwards(when, row, total, record, line_rows, line_records)
        return name, total

    def _afterwards(
        self, when: int, row: dict, total: int, record: Record, line_rows: list[dict], line_records: list[Record]
    ) -> None:
        """Put shipping, refund or cancellation on the agenda."""
        rng = self._person.rng
        if rng.random() < 0.02:
            at = when + rng.randrange(1, 12) * HOUR

            def cancel(now: int) -> None:
                self.spent -= total
                record.put(
                    now,
                    row
                    | {
                        "financial_status": "voided",
                        "cancelled_at": stamp(now),
                        "cancel_reason": "customer",
                        "updated_at": stamp(now),
                    },
                )
                self.changed(now)

            self._later(at, cancel)
            return
        shipped = row | {"fulfillment_status": "fulfilled"}

        def ship(now: int) -> None:
            record.put(now, shipped | {"updated_at": stamp(now)})
            for line, line_record in zip(line_rows, line_records, strict=True):
                line_record.put(now, line | {"fulfillment_status": "fulfilled"})

        shipping = when + rng.randrange(8, 60) * HOUR
        self._later(shipping, ship)
        if rng.random() < 0.07:
            whole = rng.random() < 0.5 or len(line_rows) == 1
            refunded = total if whole else total // 2

            def refund(now: int) -> None:
                self.spent -= refunded
                status = "refunded" if whole else "partially_refunded"
                record.put(
                    now,
                    shipped | {"financial_status": status, "total_refunded": money(refunded), "updated_at": stamp(now)},
                )
                for index, (line, line_record) in enumerate(zip(line_rows, line_records, strict=True)):
                    if whole or index == 0:
                        line_record.put(now, line | {"fulfillment_status": "fulfilled", "current_quantity": 0})
                self.changed(now)

            self._later(shipping + rng.randrange(3, 15) * DAY, refund)

    def close(self) -> None:
        """Land what waits and name the person."""
        for record in self._records:
            record.settle()
        if self._created < self._sink.end:
            self._sink.truth(
                "identities",
                {
                    "identity_key": f"shopify:customer:{self.id}",
                    "person_id": self._person.person_id,
                    "linkable": True,
                    "shared": False,
                },
            )
