"""How the Google Ads account is built: the ad groups and ads of each campaign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

AD_TYPES = {
    "SEARCH": "RESPONSIVE_SEARCH_AD", "SHOPPING": "SHOPPING_PRODUCT_AD", "VIDEO": "VIDEO_RESPONSIVE_AD",
    "DISPLAY": "RESPONSIVE_DISPLAY_AD", "PERFORMANCE_MAX": "RESPONSIVE_DISPLAY_AD",
}  # fmt: skip
AD_GROUPS = ("core", "wide")
VARIANTS = 2  # ads of a group


@dataclass(frozen=True)
class AdGroup:
    """A group of ads.

    :param number: 0 for the campaign's first group, 1 for the next.
    :param id: Google's id.
    :param name: its name.
    :param ad_ids: ids of its ads.
    """

    number: int
    id: int
    name: str
    ad_ids: tuple[int, ...]


def ad_group(campaign: dict[str, Any], number: int) -> AdGroup:
    """Return a group of a campaign of ``campaigns.yaml``."""
    ads = tuple(campaign["id"] * 100 + number * 10 + variant for variant in range(VARIANTS))
    return AdGroup(number, campaign["id"] * 10 + number, f"{campaign['name']}_{AD_GROUPS[number]}", ads)


def ad_groups(campaign: dict[str, Any]) -> Iterator[AdGroup]:
    """Yield all groups of a campaign."""
    return (ad_group(campaign, number) for number in range(len(AD_GROUPS)))
