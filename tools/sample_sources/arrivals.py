"""How a person comes to the shop or the app: by which channel, campaign and ad, and with which browser."""

from __future__ import annotations

from functools import cache

from tools.sample_sources import ga360, ids
from tools.sample_sources.clock import DAY
from tools.sample_sources.ga360 import Browser
from tools.sample_sources.google_ads import GoogleAds
from tools.sample_sources.people import Person
from tools.sample_sources.salesforce import AccountBook
from tools.sample_sources.sink import Sink
from tools.sample_sources.visit import Visit
from tools.sample_sources.words import Urn, campaigns


@cache
def channels() -> tuple[dict[str, list], dict[str, Urn]]:
    """Return what is known of each channel, and from which urn each audience draws one."""
    specs = campaigns()["channels"]
    return specs, {
        "consumer": Urn((name, spec[0]) for name, spec in specs.items()),
        "business": Urn((name, spec[1]) for name, spec in specs.items()),
    }


class Neighbourhood:
    """What the persons of one neighbourhood share.

    :param sink: where rows land.
    :param ads: the Google Ads account.
    """

    def __init__(self, sink: Sink, ads: GoogleAds) -> None:
        self.sink = sink
        self.ads = ads
        self.accounts = AccountBook(sink)
        self.browsers: list[Browser] = []
        self.shared_computers: dict[int, Browser] = {}

    def close(self) -> None:
        """Land the accounts and name the browsers' persons, once everybody has lived."""
        self.accounts.close()
        for browser in self.browsers:
            browser.tell_truth()


class Arrivals:
    """The visits of one person, as they begin.

    :param place: the person's neighbourhood.
    :param person: the true person.
    """

    def __init__(self, place: Neighbourhood, person: Person) -> None:
        self._place = place
        self._person = person
        self._audience = "business" if person.company else "consumer"
        self._browsers: dict[str, Browser] = {}
        self._slots = 0

    def arrive(self, when: int, device: str, message: tuple[str, str] | None, in_app: bool) -> Visit:
        """Return a visit with the channel, campaign and ad click that bring it about.

        :param when: seconds since 1970.
        :param device: ``desktop``, ``mobile`` or ``tablet``.
        :param message: channel and name of the campaign whose link was clicked; None otherwise.
        :param in_app: whether it is to the app.
        """
        rng, person = self._person.rng, self._person
        if message:
            channel = {"email": "Email", "push": "Push", "sms": "SMS", "in_app": "Push"}[message[0]]
            return Visit(when, channel, "braze", message[0], message[1], device=device)
        specs, urns = channels()
        channel = "Direct" if in_app else urns[self._audience].draw(rng)
        _, _, _, source, medium = specs[channel]
        visit = Visit(when, channel, source, medium, "social_always_on" if channel == "Social" else None, device=device)
        campaign = self._place.ads.campaign_for(rng, channel, self._audience)
        if campaign:
            self._slots += 1
            self._place.ads.click(person, visit, campaign, ids.gclid(person.number, self._slots % ids.SLOTS, when))
        return visit

    def browser(self, visit: Visit) -> Browser:
        """Return the browser of a visit; cookies are cleared now and then."""
        rng, person, device = self._person.rng, self._person, visit.device
        if device == "desktop" and person.household.shares_computer and person.known:
            shared = self._place.shared_computers
            number = person.household.number
            if number not in shared:
                # The same cookie whoever comes first.
                cookie = ids.client_id(number, ids.SLOTS - 1, self._place.sink.start - (number % 400 + 1) * DAY)
                shared[number] = Browser(self._place.sink, cookie, device, "Windows")
                self._place.browsers.append(shared[number])
            return shared[number]
        if device not in self._browsers or rng.random() < 0.04:
            self._browsers[device] = self._new_browser(visit)
        return self._browsers[device]

    def _new_browser(self, visit: Visit) -> Browser:
        self._slots += 1
        browser = ga360.new_browser(self._place.sink, self._person, self._slots % ids.SLOTS, visit.device, visit.when)
        self._place.browsers.append(browser)
        return browser
