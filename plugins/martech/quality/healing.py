"""Which days are rebuilt without asking anybody: those whose raw data is there, once each."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from martech.quality.results import QualityResult

# Silver first: its asset starts gold for the same day.
HEALED_LAYERS = ("silver", "gold")
REPLAYED = "quarantined rows were replayed"


@dataclass(frozen=True)
class Rebuild:
    """One day of a layer that is to be rebuilt.

    :param layer: silver or gold.
    :param day: data day.
    :param reason: what was missing.
    """

    layer: str
    day: date
    reason: str

    def run_id(self, asked_by: str) -> str:
        """Return the id of the run that rebuilds it: the same for every try of the run that asks.

        :param asked_by: id of the run that asks.
        """
        return f"heal__{self.layer}__{self.day}__{hashlib.sha256(asked_by.encode()).hexdigest()[:8]}"


def _is_partial(result: QualityResult) -> bool:
    return (
        result.check == "volume" and result.value is not None and result.low is not None and result.value < result.low
    )


def plan_rebuilds(
    results: Iterable[QualityResult],
    *,
    raw_days: Collection[date],
    tried: Collection[tuple[str, date]],
    replayed: Sequence[date] = (),
    most: int,
) -> list[Rebuild]:
    """Return what is to be rebuilt, oldest day first.

    A day of a layer is tried once: where a rebuild did not help, a second one would not either, and the two DAGs would
    start each other forever. Rows come back from quarantine once, so their days are always rebuilt.

    :param results: results of a run.
    :param raw_days: days whose raw data is there.
    :param tried: (layer, day) that were rebuilt before.
    :param replayed: days that got rows back from quarantine.
    :param most: so many missing or partial days at most.
    """
    planned = {("silver", day): Rebuild("silver", day, REPLAYED) for day in replayed}
    wanted: dict[tuple[str, date], list[str]] = {}
    for result in results:
        is_missing = result.check == "partition_gap" or _is_partial(result)
        if result.is_failed and is_missing and result.layer in HEALED_LAYERS:
            wanted.setdefault((result.layer, result.day), []).append(f"{result.table}: {result.observed}")
    found = 0
    for layer, day in sorted(wanted, key=lambda key: (key[1], HEALED_LAYERS.index(key[0]))):
        covered = (layer, day) in planned or ("silver", day) in planned
        if covered or day not in raw_days or (layer, day) in tried or found >= most:
            continue
        planned[layer, day] = Rebuild(layer, day, "; ".join(sorted(set(wanted[layer, day]))))
        found += 1
    return sorted(planned.values(), key=lambda rebuild: (rebuild.day, HEALED_LAYERS.index(rebuild.layer)))
