"""What a visit is, whichever system sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Visit:
    """One stay in the web shop or the app.

    :param when: first second.
    :param channel: GA360's channel grouping.
    :param source: traffic source.
    :param medium: traffic medium.
    :param campaign: utm_campaign; None for unpaid visits.
    :param campaign_id: Google Ads campaign id, if an ad brought it.
    :param gclid: Google click id, if an ad brought it.
    :param ad_id: the ad that was clicked.
    :param click_landed: the click itself landed in Google Ads' report within the period.
    :param keyword: keyword of the ad.
    :param device: desktop, mobile or tablet.
    :param login: login id if the person logs in, else None.
    :param pages: pages seen.
    :param cart: something was put in the cart.
    :param order_number: order placed, if any.
    :param order_cents: its value.
    :param form_sent: the business form was sent.
    :param signed_up: the visitor opened an account.
    :param client_id: cookie of the browser; None in the app.
    """

    when: int
    channel: str
    source: str
    medium: str
    campaign: str | None
    campaign_id: int | None = None
    gclid: str | None = None
    ad_id: int | None = None
    click_landed: bool = False
    keyword: str | None = None
    device: str = "desktop"
    login: str | None = None
    pages: int = 1
    cart: bool = False
    order_number: str | None = None
    order_cents: int = 0
    form_sent: bool = False
    signed_up: bool = False
    client_id: str | None = None

    @property
    def landing_path(self) -> str:
        """Return path and query of the first page, tagged as marketing tags its links."""
        page = "/business" if (self.campaign or "").startswith("b2b") else "/"
        if not self.campaign:
            return page
        tags = f"utm_source={self.source}&utm_medium={self.medium}&utm_campaign={self.campaign}"
        return f"{page}?{tags}" + (f"&gclid={self.gclid}" if self.gclid else "")
