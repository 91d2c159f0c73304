"""Prints scores as a table and keeps them as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def _rate(value: float | None) -> str:
    return "     –" if value is None else f"{value:6.4f}"


def _line(name: str, score: dict[str, Any]) -> str:
    rates = "  ".join(_rate(score[key]) for key in ("precision", "recall", "f1"))
    pairs = f"  {score['true_pairs']:>11,} {score['predicted_pairs']:>11,} {score['actual_pairs']:>11,}"
    return f"  {name:26} {rates}{pairs if 'true_pairs' in score else ''}"


def print_scores(title: str, scores: dict[str, Any]) -> None:
    """Print the scores of one clustering."""
    print(f"\n{title}: {scores['records']:,} records, {scores['persons']:,} persons, {scores['clusters']:,} clusters")
    print(f"  {'':26} precision recall  F1            true   predicted      actual pairs")
    print(_line("pairwise", scores["pairwise"]))
    cubed = "  ".join(_rate(scores["b_cubed"][key]) for key in ("precision", "recall", "f1"))
    print(f"  {'B³':26} {cubed}")
    print(f"  {'match rate':26} {_rate(scores['match_rate'])}")
    if len(scores["by_source"]) > 1:
        for row in scores["by_source"]:
            print(_line(row["sources"], row))


def print_examples(found: dict[str, list[dict[str, Any]]]) -> None:
    """Print examples of clusters with several persons and of persons in several clusters."""
    for kind, title in (
        ("over_merged", "Clusters of several persons"),
        ("under_merged", "Persons in several clusters"),
    ):
        if found[kind]:
            print(f"\n{title}:")
        for row in found[kind]:
            print(f"  {row['id']} ({row['parts']}): {row['records']}")


def write_json(path: Path, result: dict[str, Any]) -> None:
    """Write the result to a file, whose directory is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    print(f"\nWrote {path}.")
