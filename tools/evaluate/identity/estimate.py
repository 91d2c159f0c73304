"""Fits the weights of the Fellegi–Sunter model to the compared pairs, without any labels (EM).

Each pair is explained by one of four classes: the same person, two strangers, two people of one home, two of one
company. The E step takes the probabilities that `int_identity__scores` would give; the M step counts levels by
class. What strangers have in common is not fitted: it comes from the frequencies of the values. Comparing by
blocks finds nearly all pairs of one person but few of the strangers, so only the former can be learned from it.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from pathlib import Path
from typing import Any, TextIO

from martech.warehouse.statements import short

from include.pipeline.settings import DBT_DIR
from tools.evaluate.identity.warehouse import EvaluationError, Warehouse

SEED = DBT_DIR / "seeds" / "identity_weights.csv"
CLASSES = ("same_person", "housemate", "colleague")
EXPECTED = {
    "same_person": "identity_expected_matches_per_record",
    "housemate": "identity_expected_housemates_per_record",
    "colleague": "identity_expected_colleagues_per_record",
}
MAX_PAIRS = 200_000
MAX_ROUNDS = 100
PRIOR_PAIRS = 50  # pairs that a class is worth beforehand, spread as in the seed: levels never seen keep a weight

Key = tuple[str, str]
Weights = dict[Key, dict[str, Any]]


def read_weights(path: Path = SEED) -> Weights:
    """Return the weights of a seed file by comparison and level."""
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["comparison"], row["level"]): row for row in csv.DictReader(file)}


def write_weights(weights: Weights, file: TextIO) -> None:
    """Write weights in the form of the seed."""
    rows = list(weights.values())
    writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _stranger(row: dict[str, Any], frequency: float | None, record_count: int) -> float:
    value = float(row["stranger"])
    if row["stranger_basis"] == "term_frequency":
        return value * (frequency or 1 / record_count)
    return min(1.0, value / record_count) if row["stranger_basis"] == "per_record" else value


def _explain(
    rows: list[list[tuple[Key, float | None]]],
    weights: Weights,
    now: dict[str, dict[Key, float]],
    expected: dict[str, float],
    record_count: int,
) -> tuple[dict[str, dict[Key, float]], dict[str, float]]:
    """E step: return by class how many pairs have each level, and how many pairs there are."""
    counts: dict[str, dict[Key, float]] = {name: defaultdict(float) for name in CLASSES}
    sizes = dict.fromkeys(CLASSES, 0.0)
    for row in rows:
        odds = {"stranger": 0.0} | {name: math.log(expected[name] / record_count) for name in CLASSES}
        for key, frequency in row:
            stranger = _stranger(weights[key], frequency, record_count)
            for name in CLASSES:
                odds[name] += math.log(now[name].get(key, stranger) / stranger)
        most = max(odds.values())
        whole = sum(math.exp(value - most) for value in odds.values())
        for name in CLASSES:
            share = math.exp(odds[name] - most) / whole
            sizes[name] += share
            for key, _ in row:
                counts[name][key] += share
    return counts, sizes


def _shares(counts: dict[Key, float], start: dict[Key, float], levels_of: dict[str, list[str]]) -> dict[Key, float]:
    """M step for one class: return the share of each level among the levels of its comparison."""
    shares = {}
    for comparison, levels in levels_of.items():
        keys = [(comparison, level) for level in levels if (comparison, level) in start]
        mass = sum(start[key] for key in keys)
        seen = sum(counts[key] for key in keys)
        for key in keys:
            shares[key] = (counts[key] + PRIOR_PAIRS * start[key]) / (seen + PRIOR_PAIRS * mass) * mass
    return shares


def fit(warehouse: Warehouse, prior: Weights | None = None) -> tuple[Weights, dict[str, float]]:
    """Return the fitted weights, and the fitted numbers of pairs per record as dbt variables.

    :param warehouse: where the identity models have run.
    :param prior: weights to start from; the seed's if omitted.
    :raises EvaluationError: where no pairs were compared.
    """
    weights = {key: dict(row) for key, row in (prior or read_weights()).items()}
    levels_of: dict[str, list[str]] = defaultdict(list)
    for name, level in weights:
        levels_of[name].append(level)
    pairs = warehouse.rows(
        short(
            """
        select array_agg(struct(comparison_name as name, agreement as level, frequency as frequency)) as levels,
            any_value(record_count) as record_count
        from `{{ levels }}`
        group by identity_key_a, identity_key_b
        order by farm_fingerprint(concat(identity_key_a, identity_key_b))
        limit {{ most }}""",
            levels=warehouse.table("intermediate", "int_identity__levels"),
            most=MAX_PAIRS,
        )
    )
    (total,) = warehouse.rows(
        short(
            "select count(*) as n from `{{ comparisons }}`",
            comparisons=warehouse.table("intermediate", "int_identity__comparisons"),
        )
    )
    if not pairs:
        raise EvaluationError("No pairs were compared: run the identity models first, on more than a few records.")
    record_count = pairs[0]["record_count"]
    scale = total["n"] / len(pairs)
    rows = [
        [
            ((pair["name"], pair["level"]), pair["frequency"])
            for pair in sorted(item["levels"], key=lambda one: one["name"])
        ]
        for item in pairs
    ]
    expected = {name: float(warehouse.variables.get(EXPECTED[name], 2.0)) for name in CLASSES}
    start = {name: {key: float(row[name]) for key, row in weights.items() if row[name] != ""} for name in CLASSES}
    now = {name: dict(values) for name, values in start.items()}
    for _ in range(MAX_ROUNDS):
        counts, sizes = _explain(rows, weights, now, expected, record_count)
        expected = {name: max(0.01, 2 * scale * sizes[name] / record_count) for name in CLASSES}
        fitted = {name: _shares(counts[name], start[name], levels_of) for name in CLASSES}
        moved = max(abs(value - now[name][key]) for name in CLASSES for key, value in fitted[name].items())
        now = fitted
        if moved < 0.0005:
            break
    for name in CLASSES:
        for key, value in now[name].items():
            weights[key][name] = f"{value:.4g}"
    return weights, {EXPECTED[name]: round(value, 2) for name, value in expected.items()}
