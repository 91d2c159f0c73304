"""The letter of a week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from martech.dashboards.cube import Cube
from martech.dashboards.metrics import Metric
from martech.letters.advice import Advice, advice_of
from martech.letters.changes import Change, Figure, change_of, days_of, figures_of
from martech.letters.declared import LetterPlan
from martech.letters.week import DAYS, Week


class LetterError(ValueError):
    """There is nothing true to write; the message says what is missing and what to do."""


@dataclass(frozen=True)
class Letter:
    """The letter of a week.

    :param week: the week.
    :param figures: figures in order.
    :param changes: what parts did to metrics; empty where the week before is not whole.
    :param notes: what a reader must know first.
    :param advice: what to do.
    :param currency: currency of all money.
    """

    week: Week
    figures: tuple[Figure, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    advice: tuple[Advice, ...]
    currency: str

    @property
    def title(self) -> str:
        """Its subject."""
        return f"Marketing in the week of {self.week}"


def write_letter(  # noqa: PLR0913 - all but two are keywords
    plan: LetterPlan,
    week: Week,
    *,
    metrics: Mapping[str, Metric],
    cubes: Mapping[str, Cube],
    targets: Mapping[str, float],
    failed: Sequence[Mapping[str, Any]],
    currency: str,
) -> Letter:
    """Return the letter of a week.

    :param plan: what it says.
    :param week: the week.
    :param metrics: the metrics by name.
    :param cubes: answers of the plan's queries by name, over all its weeks.
    :param targets: what a metric should be, by name.
    :param failed: failed quality checks, the newest of each layer.
    :param currency: currency of all money.
    :raises LetterError: where gold lacks a day of the week.
    """
    days = cubes[plan.query]
    if (found := days_of(days, week)) < DAYS:
        raise LetterError(
            f"Gold has {found} of the {DAYS} days {week}, so nothing was written or sent. Look at build_gold; once it "
            "has them, clear this task."
        )
    weeks = [week.ago(number) for number in reversed(range(plan.weeks))]
    figures = figures_of(plan, weeks, metrics, days, targets)
    notes = []
    changes: tuple[Change, ...] = ()
    if (found := days_of(days, week.ago(1))) == DAYS:
        possible = (change_of(told, plan, week, metrics, cubes[told.query]) for told in plan.told)
        changes = tuple(change for change in possible if change is not None)
    else:
        notes.append(f"Gold has {found} of the {DAYS} days of the week before: nothing is said of what changed.")
    if tables := sorted({str(check["table_name"]) for check in failed if check["severity"] == "error"}):
        notes.append(f"Quality checks of severity error failed for {', '.join(tables)}: read their figures with care.")
    return Letter(week, figures, changes, tuple(notes), advice_of(figures, changes, currency), currency)
