"""Shopify: customers, orders and order lines."""

from __future__ import annotations

from collections.abc import Callable

from tools.sample_sources import ids
from tools.sample_sources.clock import DAY, HOUR, MINUTE, stamp
from tools.sample_sources.connectors.delivery import Row
from tools.sample_sources.diary import Diary
from tools.sample_sources.people import Card
from tools.sample_sources.sink import Record, money
from tools.sample_sources.visit import Visit
from tools.sample_sources.words import words

CUSTOMER_BASE, ORDER_BASE, LINE_BASE = 6_000_000_000_000, 4_000_000_000_000, 9_000_000_000_000
LINES_PER_ORDER = 4
TAX = 0.08


class Shopper:
    """One Shopify customer record of a person.

    :param diary: of the person who shops.
    :param when: time at which the record is created.
    :param card: what the person gave.
    :param slot: 0 for the person's first customer record, 1 for a duplicate.
    """

    def __init__(self, diary: Diary, when: int, card: Card, slot: int = 0) -> None:
        person, rng = diary.person, diary.person.rng
        self.id = CUSTOMER_BASE + ids.scrambled(person.number, slot)
        self.orders = 0
        self.spent = 0
        self.email = card.email
        self._diary = diary
        self._person = person
        self._card = card
        self._slot = slot
        self._created = when
        self._mail = "subscribed" if rng.random() < 0.7 else "not_subscribed"
        self._sms = "subscribed" if card.phone and rng.random() < 0.35 else "not_subscribed"
        self._gone = False
        self._record = Record(diary.sink, "shopify_customers")
        self._orders: list[Order] = []
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

    def order(self, when: int, visit: Visit | None, source: str, keeps_cookie: bool = False) -> tuple[str, int]:
        """Place an order.

        :param visit: the visit in which it is placed; None for a sale in a store.
        :param source: web, mobile_app or pos.
        :param keeps_cookie: the shop stores the browser's cookie with the order.
        :returns: its order number and value in cents.
        """
        slot = (self._slot * 500 + self.orders) % ids.SLOTS
        order = Order(self._diary, slot)
        # At checkout some people type another address than the one of their account.
        email = self._person.card().email if self._person.mess_rng.random() < 0.15 else None
        order.customer(self.id if self._person.rng.random() < 0.97 else None, email or self.email, self._card)
        order.origin(visit, source, visit.client_id if visit and keeps_cookie else None)
        order.place(when)
        order.follow(when, self._paid_back)
        self._orders.append(order)
        self.orders += 1
        self.spent += order.total
        self._diary.later(when + MINUTE, self.changed)
        return order.name, order.total

    def _paid_back(self, when: int, cents: int) -> None:
        self.spent -= cents
        self.changed(when)

    def close(self) -> None:
        """Land what waits and name the person."""
        self._record.settle()
        for order in self._orders:
            order.close()
        self._diary.identity(f"shopify:customer:{self.id}", self._created)


class Order:
    """One order and its lines.

    :param diary: of the person who buys.
    :param slot: number of the order among those of the person.
    """

    def __init__(self, diary: Diary, slot: int) -> None:
        rng = diary.person.rng
        number = ids.scrambled(diary.person.number, slot)
        self.name = f"#{number}"
        self._diary = diary
        self._lines: list[tuple[Record, Row]] = []
        self._record = Record(diary.sink, "shopify_orders")
        percent = rng.choice((10, 15, 20)) if rng.random() < 0.25 else 0
        subtotal = discount = 0
        for index in range(rng.choice((1, 1, 2, 2, 3, 4))):
            sku, title, kind, vendor, cents = words().products.draw(rng)
            pieces = rng.choice((1, 1, 1, 2, 3))
            off = cents * pieces * percent // 100
            subtotal, discount = subtotal + cents * pieces - off, discount + off
            product_id = ids.product_id(sku)
            line = {
                "id": LINE_BASE + number * LINES_PER_ORDER + index,
                "order_id": ORDER_BASE + number,
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
                "total_discount": money(off),
                "gift_card": kind == "Gift Cards",
                "taxable": kind != "Gift Cards",
                "properties": [{"name": "gift_wrap", "value": "yes"}] if rng.random() < 0.03 else None,
            }
            if index == 0:
                self._first_line_cents = cents * pieces - off
            self._lines.append((Record(diary.sink, "shopify_order_line_items"), line))
        tax, shipping = int(subtotal * TAX), 0 if subtotal >= 7_500 else 795
        self.total = subtotal + tax + shipping
        code = {"code": f"SAVE{percent}", "amount": money(discount), "type": "percentage"}
        self._row: Row = {
            "id": ORDER_BASE + number,
            "name": self.name,
            "order_number": number,
            "currency": "USD",
            "subtotal_price": money(subtotal),
            "total_discounts": money(discount),
            "total_tax": money(tax),
            "total_shipping_price": money(shipping),
            "total_price": money(self.total),
            "total_refunded": money(0),
            "financial_status": "paid",
            "discount_codes": [code] if percent else None,
            "tags": "gift" if rng.random() < 0.05 else None,
            "test": rng.random() < 0.004,
        }

    def customer(self, customer_id: int | None, email: str | None, card: Card) -> None:
        """Say who buys; no customer id for a guest."""
        address = {"first_name": card.first, "last_name": card.last, "address1": card.street, "city": card.city,
                   "province_code": card.state, "zip": card.postcode, "country_code": card.country}  # fmt: skip
        self._row |= {"customer_id": customer_id, "email": email, "phone": card.phone}
        self._row |= {
            f"{kind}_address_{key}": value for kind in ("billing", "shipping") for key, value in address.items()
        }

    def origin(self, visit: Visit | None, source: str, client_id: str | None) -> None:
        """Say how the buyer came."""
        order_id = self._row["id"]
        web = source == "web"
        self._row |= {
            "source_name": source,
            "user_id": 88_001 if source == "pos" else None,
            "referring_site": f"https://{visit.source}/" if visit and "." in visit.source else None,
            "landing_site": visit.landing_path if visit else None,
            "client_ip": f"10.{order_id % 250}.{order_id % 241}.{order_id % 239}" if web else None,
            "cart_token": f"{order_id:x}"[::-1] if web else None,
            "note_attributes": [{"name": "ga_client_id", "value": client_id}] if client_id else None,
        }

    def place(self, when: int) -> None:
        """Land the new order and its lines."""
        self._row |= {"created_at": stamp(when), "processed_at": stamp(when + 30)}
        self._change(when)
        self._change_lines(when)

    def follow(self, when: int, paid_back: Callable[[int, int], None]) -> None:
        """Put cancellation, or shipping and maybe a refund, on the agenda.

        :param paid_back: called with time and cents when money goes back to the customer.
        """
        rng, later = self._diary.person.rng, self._diary.later
        if rng.random() < 0.02:

            def cancel(now: int) -> None:
                self._change(now, financial_status="voided", cancelled_at=stamp(now), cancel_reason="customer")
                paid_back(now, self.total)

            later(when + rng.randrange(1, 12) * HOUR, cancel)
            return

        def ship(now: int) -> None:
            self._change(now, fulfillment_status="fulfilled")
            self._change_lines(now, fulfillment_status="fulfilled")

        shipping = when + rng.randrange(8, 60) * HOUR
        later(shipping, ship)
        if rng.random() < 0.07:
            whole = rng.random() < 0.5 or len(self._lines) == 1
            cents = self.total if whole else self._first_line_cents

            def refund(now: int) -> None:
                status = "refunded" if whole else "partially_refunded"
                self._change(now, financial_status=status, total_refunded=money(cents))
                self._change_lines(now, slice(None) if whole else slice(1), current_quantity=0)
                paid_back(now, cents)

            later(shipping + rng.randrange(3, 15) * DAY, refund)

    def _change(self, when: int, **changes: object) -> None:
        self._row |= {**changes, "updated_at": stamp(when)}
        self._record.put(when, self._row)

    def _change_lines(self, when: int, which: slice = slice(None), **changes: object) -> None:
        for record, line in self._lines[which]:
            line.update(changes)
            record.put(when, line)

    def close(self) -> None:
        """Land what waits."""
        self._record.settle()
        for record, _ in self._lines:
            record.settle()
