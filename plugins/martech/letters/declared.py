"""What a letter tells of, as its declaration says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """A metric of which the letter says which parts changed it.

    :param metric: its name in dbt.
    :param query: the saved query that has it.
    :param by: column of the query by which it is cut, such as ``channel``.
    :param called: what people call the parts, in the plural: ``channels``.
    :param page: page of the dashboards that has more.
    """

    metric: str
    query: str
    by: str
    called: str
    page: str


@dataclass(frozen=True)
class LetterPlan:
    """What the letter says.

    :param query: saved query of the figures, one row per day.
    :param figures: names of its metrics, in order.
    :param told: metrics whose parts are told of.
    :param weeks: how many weeks a figure is compared with, the letter's included.
    :param parts: most parts of a metric that are named.
    :param fewest: of a smaller count no percentage is told, nor of what is divided by it.
    """

    query: str
    figures: tuple[str, ...]
    told: tuple[Told, ...]
    weeks: int
    parts: int
    fewest: int
