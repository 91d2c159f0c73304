"""How far a distribution has moved: the population stability index (PSI)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from math import log

# A share of nothing would make the index infinite; half a per mille is the custom of the field.
LEAST_SHARE = 0.0005
LARGEST_CATEGORIES = 20
BINS = 10


def stability_index(baseline: Mapping[str, float], current: Mapping[str, float]) -> float:
    """Return the PSI of two distributions: 0 for equal ones, above 0.25 for a large shift.

    :param baseline: weight by class, of any scale.
    :param current: the same of the day to be checked.
    """
    total_before, total_now = sum(baseline.values()), sum(current.values())
    if not total_before or not total_now:
        return 0.0
    index = 0.0
    for name in baseline.keys() | current.keys():
        before = max(baseline.get(name, 0) / total_before, LEAST_SHARE)
        now = max(current.get(name, 0) / total_now, LEAST_SHARE)
        index += (now - before) * log(now / before)
    return index


def merge_rare(baseline: Mapping[str, int], current: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Return both distributions with all but the baseline's largest classes counted as ``other``.

    :param baseline: rows by class.
    :param current: rows by class of the day to be checked.
    """
    kept = {name for name, _ in Counter(baseline).most_common(LARGEST_CATEGORIES)}

    def merged(counts: Mapping[str, int]) -> dict[str, int]:
        result: Counter[str] = Counter()
        for name, count in counts.items():
            result[name if name in kept else "other"] += count
        return dict(result)

    return merged(baseline), merged(current)


def bin_by_quantiles(baseline: Sequence[float], current: Sequence[float]) -> tuple[dict[str, int], dict[str, int]]:
    """Return how two samples of quantiles fall into ten bins of the baseline.

    Many equal quantiles (a column that is mostly 0) give fewer, wider bins.

    :param baseline: evenly spaced quantiles of the days before.
    :param current: evenly spaced quantiles of the day to be checked.
    """
    points = sorted(baseline)
    edges = sorted({points[len(points) * number // BINS] for number in range(1, BINS)})

    def counted(values: Sequence[float]) -> dict[str, int]:
        return dict(Counter(str(bisect_left(edges, value)) for value in values))

    return counted(points), counted(current)


def largest_move(baseline: Mapping[str, float], current: Mapping[str, float]) -> tuple[str, float, float]:
    """Return the class whose share changed most, with its share (0–1) before and now.

    :param baseline: weight by class, not empty.
    :param current: weight by class of the day to be checked, not empty.
    """
    total_before, total_now = sum(baseline.values()), sum(current.values())

    def shares(name: str) -> tuple[float, float]:
        return baseline.get(name, 0) / total_before, current.get(name, 0) / total_now

    name = max(sorted(baseline.keys() | current.keys()), key=lambda name: abs(shares(name)[1] - shares(name)[0]))
    return name, *shares(name)
