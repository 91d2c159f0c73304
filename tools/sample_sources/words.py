"""The word and campaign lists in ``data/``, ready to draw from."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import yaml

DATA_DIR = Path(__file__).parent / "data"


class Urn:
    """Things to draw by weight.

    :param pairs: (thing, weight).
    """

    def __init__(self, pairs: Iterable[tuple[Any, float]]) -> None:
        pairs = list(pairs)
        self.things = [thing for thing, _ in pairs]
        self._sums = list(accumulate(weight for _, weight in pairs))

    def draw(self, rng: Random) -> Any:
        """Return one thing; it stays in the urn."""
        return self.things[bisect(self._sums, rng.random() * self._sums[-1])]


class Words:
    """Names, places, companies, titles and products of ``data/words.yaml``."""

    def __init__(self) -> None:
        words = yaml.safe_load((DATA_DIR / "words.yaml").read_text())
        first_names = words["first_names"]
        self.first_names = {
            sex: Urn((name, spec[0]) for name, spec in first_names[group].items())
            for sex, group in (("M", "male"), ("F", "female"))
        }
        self.nicknames = {name: spec[1:] for group in first_names.values() for name, spec in group.items() if spec[1:]}
        self.last_names = Urn(words["last_names"].items())
        self.rare_heads = words["rare_last_names"]["heads"]
        self.rare_tails = words["rare_last_names"]["tails"]
        self.cities = Urn((tuple(city), weight) for weight, *city in words["cities"])
        self.street_names = words["streets"]["names"]
        self.street_kinds = words["streets"]["kinds"]
        self.mailboxes = Urn(words["mailboxes"].items())
        self.company_heads = words["companies"]["heads"]
        self.industries = words["companies"]["industries"]
        self.company_endings = words["companies"]["endings"]
        self.titles = Urn(((title, *spec[1:]), spec[0]) for title, spec in words["titles"].items())
        self.products = Urn((tuple(product), weight) for *product, weight in words["products"])


@cache
def words() -> Words:
    """Return the word lists, read once."""
    return Words()


@cache
def campaigns() -> dict[str, Any]:
    """Return ``data/campaigns.yaml``, read once."""
    return yaml.safe_load((DATA_DIR / "campaigns.yaml").read_text())
