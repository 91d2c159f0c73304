"""Fits the weights of the identity model to a warehouse, as `fit_identity` does."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, TextIO

from martech.identity.fits import learn, shipped_model
from martech.identity.fitting import CLASSES, refusals

from include.pipeline.settings import DBT_DIR, settings
from tools.evaluate.identity.warehouse import Warehouse

SEED = DBT_DIR / "seeds" / "identity_weights.csv"

Weights = dict[tuple[str, str], dict[str, Any]]


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


def fit_warehouse(warehouse: Warehouse) -> tuple[Weights, list[str]]:
    """Return the fitted weights, and what speaks against adopting them.

    :param warehouse: where the identity models have run.
    :raises FitError: where no pairs were compared.
    """
    shipped = shipped_model(
        warehouse.client, warehouse.table("intermediate", "identity_weights"), settings.pairs_per_record
    )
    fitted, _ = learn(warehouse.client, warehouse.table("intermediate", "int_identity__levels"), shipped)
    weights = read_weights()
    for name in CLASSES:
        for key, share in fitted.shares[name].items():
            weights[key][name] = f"{share:.4g}"
    return weights, refusals(fitted, shipped)
