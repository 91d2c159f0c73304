"""Google Ads: campaigns, clicks, and the daily report of each ad."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from tools.sample_sources.ad_account import AD_TYPES, AdGroup, ad_group, ad_groups
from tools.sample_sources.clock import DAY, HOUR, day_of, stamp
from tools.sample_sources.people import Person
from tools.sample_sources.sink import Sink, money
from tools.sample_sources.visit import Visit
from tools.sample_sources.words import Urn, campaigns

DEVICES = {"desktop": "DESKTOP", "mobile": "MOBILE", "tablet": "TABLET"}
NETWORKS = {
    "SEARCH": "SEARCH",
    "SHOPPING": "SEARCH",
    "VIDEO": "YOUTUBE_WATCH",
    "DISPLAY": "CONTENT",
    "PERFORMANCE_MAX": "MIXED",
}
SECONDS_TO_LAND = 20  # from the click to the first page
DEVICE_SHARE = {"DESKTOP": 0.40, "MOBILE": 0.53, "TABLET": 0.07}


class GoogleAds:
    """One Google Ads account: takes the clicks of all persons, reports at the end.

    :param sink: where rows land.
    :param seed: of the report's noise.
    """

    def __init__(self, sink: Sink, seed: int) -> None:
        account = campaigns()["google_ads"]
        self._sink = sink
        self._seed = seed
        self._customer_id = account["customer_id"]
        self._campaigns = account["campaigns"]
        # [clicks, conversions, value in cents] by (day, ad, device): as many as ads and days, not as people.
        self._totals: dict[tuple[int, int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._urns = {
            (channel, audience): Urn(
                (campaign, campaign["share"])
                for campaign in self._campaigns
                if campaign["channel"] == channel and campaign["audience"] in {audience, "all"}
            )
            for channel in {campaign["channel"] for campaign in self._campaigns}
            for audience in ("consumer", "business")
        }

    def campaign_for(self, rng: Random, channel: str, audience: str) -> dict | None:
        """Return the campaign behind a visit of a paid channel; None for other channels."""
        urn = self._urns.get((channel, audience))
        return urn.draw(rng) if urn and urn.things else None

    def click(self, person: Person, visit: Visit, campaign: dict, gclid: str) -> None:
        """Record the click that brings a visit, and tag the visit with it."""
        rng, address = person.rng, person.household.address
        when = visit.when - SECONDS_TO_LAND
        group = ad_group(campaign, int(rng.random() < 0.35))
        ad_id = group.ad_ids[int(rng.random() < 0.5)]
        keyword = rng.choice(campaign["keywords"]) if campaign["keywords"] else None
        search = campaign["type"] in {"SEARCH", "SHOPPING"}
        visit.click_landed = self._sink.event(
            "google_ads_clicks",
            when,
            rng,
            {
                "date": day_of(when),
                "gclid": gclid,
                "customer_id": self._customer_id,
                "campaign_id": campaign["id"],
                "campaign_name": campaign["name"],
                "ad_group_id": group.id,
                "ad_id": ad_id,
                "click_type": "HEADLINE" if search else "OTHER",
                "keyword": keyword,
                "keyword_match_type": ("PHRASE", "BROAD")[group.number] if keyword else None,
                "device": DEVICES[visit.device],
                "ad_network_type": NETWORKS[campaign["type"]],
                "page_number": 1 if search else None,
                "location_country": address.country,
                "location_city": address.city if rng.random() < 0.9 else None,
                "click_timestamp": stamp(when),
            },
        )
        if when >= self._sink.start:
            self._totals[when - when % DAY, ad_id, DEVICES[visit.device]][0] += 1
        visit.campaign, visit.campaign_id = campaign["name"], campaign["id"]
        visit.gclid, visit.ad_id, visit.keyword = gclid, ad_id, keyword

    def convert(self, visit: Visit) -> None:
        """Count an order or a form, for the day of the click; a form counts as 50 dollars."""
        when = visit.when - SECONDS_TO_LAND
        if when < self._sink.start:
            return
        total = self._totals[when - when % DAY, visit.ad_id, DEVICES[visit.device]]
        total[1] += 1
        total[2] += visit.order_cents or 5_000

    def report(self) -> None:
        """Land the campaigns and every ad's report, for each day of the period."""
        for day in range(self._sink.start, self._sink.end, DAY):
            for campaign in self._campaigns:
                self._campaign(day, campaign)
                for group in ad_groups(campaign):
                    for ad_id in group.ad_ids:
                        for device in DEVICE_SHARE:
                            self._ad(day, campaign, group, ad_id, device)

    def _campaign(self, day: int, campaign: dict) -> None:
        self._sink.land(
            "google_ads_campaigns",
            day + 2 * HOUR,
            {
                "id": campaign["id"],
                "customer_id": self._customer_id,
                "name": campaign["name"],
                "status": "ENABLED",
                "advertising_channel_type": campaign["type"],
                "bidding_strategy_type": campaign["bidding"],
                "campaign_budget_id": campaign["id"] + 500_000,
                "campaign_budget_amount_micros": campaign["budget"] * 1_000_000,
                "start_date": "2025-01-15",
                "end_date": "2027-01-31" if campaign["name"].startswith("pmax") else None,
                "labels": [campaign["channel"], campaign["audience"]],
                "_fivetran_deleted": False,
            },
        )

    def _ad(self, day: int, campaign: dict, group: AdGroup, ad_id: int, device: str) -> None:
        rng = Random(f"{self._seed}/{day}/{ad_id}/{device}")  # noqa: S311
        clicks, conversions, cents = self._totals.get((day, ad_id, device), (0, 0, 0))
        # An ad without a click was shown too, a share of what one click needs.
        impressions = (
            int((clicks + rng.random() * DEVICE_SHARE[device]) / campaign["ctr"] * rng.uniform(0.8, 1.2)) + clicks
        )
        cost = sum(int(campaign["cpc"] * 1_000_000 * rng.lognormvariate(-0.06, 0.35)) for _ in range(clicks))
        views = sum(rng.random() < 0.02 for _ in range(clicks)) if campaign["type"] in {"DISPLAY", "VIDEO"} else 0
        row = {
            "date": day_of(day),
            "customer_id": self._customer_id,
            "campaign_id": campaign["id"],
            "campaign_name": campaign["name"],
            "ad_group_id": group.id,
            "ad_group_name": group.name,
            "ad_id": ad_id,
            "ad_type": AD_TYPES[campaign["type"]],
            "ad_network_type": NETWORKS[campaign["type"]],
            "device": device,
            "impressions": impressions,
            "clicks": clicks,
            "interactions": clicks + (impressions // 4 if campaign["type"] == "VIDEO" else 0),
            "cost_micros": cost,
            "conversions": float(conversions),
            "conversions_value": money(cents),
            "view_through_conversions": views,
        }
        # Google first reports a day without the conversions it still waits for, and restates it later.
        first = (
            row | {"conversions": float(conversions // 2), "conversions_value": money(cents // 2)}
            if conversions
            else row
        )
        self._sink.land("google_ads_ad_performance", day + 23 * HOUR, first)
        if first is not row:
            self._sink.land("google_ads_ad_performance", day + 2 * DAY + 2 * HOUR, row)
