"""Fits of the identity model to what is in the warehouse: each is kept, and the newest adopted one counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from google.cloud import bigquery

from martech.identity.fitting import CLASSES, SAME_PERSON, Fit, Level, Model, Pattern, fit
from martech.warehouse.client import WarehouseClient
from martech.warehouse.statements import run, statement

MOST_PATTERNS = 200_000
MOST_SHOWN = 10


class FitError(ValueError):
    """Nothing can be fitted; the message names the fix."""


def shipped_model(client: bigquery.Client, weights: str, expected: Mapping[str, float]) -> Model:
    """Return the weights as shipped, from the seed in the warehouse.

    :param client: BigQuery client.
    :param weights: full name of the seed's table.
    :param expected: pairs of each class per record where EM begins.
    :raises FitError: where there are none.
    """
    rows = list(run(client, statement("identity/sql/shipped_weights.sql", weights=weights)))
    if not rows:
        raise FitError("There are no weights: build silver first, which loads the seeds.")
    levels = {
        (row["comparison"], row["level"]): Level(
            row["stranger"], row["stranger_basis"], {name: row[name] for name in CLASSES if row[name] is not None}
        )
        for row in rows
    }
    return Model(levels, expected)


def learn(client: bigquery.Client, levels: str, shipped: Model) -> tuple[Fit, int]:
    """Return what the compared pairs teach, and the number of records that could be compared.

    :param client: BigQuery client.
    :param levels: full name of ``int_identity__levels``.
    :param shipped: the weights to start from.
    :raises FitError: where no pairs were compared.
    """
    rows = list(run(client, statement("identity/sql/level_patterns.sql", levels=levels, most=MOST_PATTERNS)))
    if not rows:
        raise FitError("No pairs were compared: build silver first, on more than a few records.")
    record_count = max(row["record_count"] for row in rows)
    patterns = [
        Pattern(
            [((one["comparison"], one["level"]), one["frequency"]) for one in json.loads(row["pattern"])], row["pairs"]
        )
        for row in rows
    ]
    return fit(shipped, patterns, record_count), record_count


def changes(fitted: Fit, shipped: Model) -> list[str]:
    """Return the levels whose share among pairs of one person has changed most, the largest change first.

    :param fitted: what was learned.
    :param shipped: the weights that it started from.
    """
    after = fitted.shares[SAME_PERSON]
    before = {key: shipped.levels[key].shares[SAME_PERSON] for key in after}
    moved = sorted(after, key=lambda key: -abs(after[key] - before[key]))
    return [f"{' '.join(key)}: {before[key]:.3g} → {after[key]:.3g}" for key in moved[:MOST_SHOWN]]


class FitLog:
    """Keeps every fit; identity follows the newest adopted one.

    :param client: the warehouse.
    :param run_id: the Airflow run.
    :param table: returns the full name of ``layer.table``.
    """

    def __init__(self, client: WarehouseClient, *, run_id: str, table: Callable[[str], str]) -> None:
        self._client = client
        self._run_id = run_id
        self._table = table

    def keep(self, fitted: Fit, record_count: int, reasons: Sequence[str], *, adopt: bool) -> None:
        """Write a fit down, its weights first, so that an adopted one has them.

        :param fitted: what was learned.
        :param record_count: number of records that could be compared.
        :param reasons: what speaks against it.
        :param adopt: whether identity follows it from the next build on.
        """
        fit_id = self._new_id()
        keys = sorted({key for shares in fitted.shares.values() for key in shares})
        weights = [
            {
                "fit_id": fit_id,
                "comparison": key[0],
                "level": key[1],
                **{name: fitted.shares[name].get(key) for name in CLASSES},
            }
            for key in keys
        ]
        self._client.append_rows(self._table("ops.identity_fit_weights"), weights)
        self._append(
            fit_id,
            is_adopted=adopt,
            refusals=list(reasons),
            record_count=record_count,
            same_person_pairs=fitted.pairs,
            doubtful_share=fitted.doubtful,
            rounds=fitted.rounds,
            matches_per_record=fitted.expected[SAME_PERSON],
        )

    def ship(self) -> None:
        """Go back to the weights as shipped, by an adopted fit without weights."""
        self._append(self._new_id(), is_adopted=True, refusals=[])

    def _new_id(self) -> str:
        return f"{self._run_id} {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"

    def _append(self, fit_id: str, **values: Any) -> None:
        row = {"fit_id": fit_id, "fitted_at": datetime.now(UTC).isoformat(), "run_id": self._run_id, **values}
        self._client.append_rows(self._table("ops.identity_fits"), [row])
