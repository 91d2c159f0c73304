"""Scores any labelled CSV of persons with the models that resolve the warehouse's own records."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from martech.warehouse.statements import short

from tools.evaluate.identity.estimate import fit_warehouse
from tools.evaluate.identity.scoring import examples, score
from tools.evaluate.identity.warehouse import IDENTITY_MODELS, EvaluationError, Warehouse

ATTRIBUTES = ("first_name", "last_name", "email", "phone", "street", "city", "postcode", "birth_date")
COLUMNS = ("id", *ATTRIBUTES, "cluster")


def read_persons(path: Path) -> Iterator[dict[str, str | None]]:
    """Yield the rows of a CSV file with a header; columns that it lacks are None, others are left out.

    :param path: UTF-8 file with `id`, `cluster` (the true person) and any of the attributes.
    :raises EvaluationError: where the file cannot be scored, with file, line and fix.
    """
    if not path.exists():
        raise EvaluationError(f"{path} does not exist.")
    seen: set[int] = set()
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            reader.fieldnames = _checked_header(reader.fieldnames or [], path)
            for row in reader:
                person = _read_person(row, f"{path}, line {reader.line_num}")
                # Hashes keep the memory of a large file small; a clash in 64 bits is out of the question.
                if hash(person["id"]) in seen:
                    raise EvaluationError(f"{path}, line {reader.line_num}: id {person['id']!r} occurs twice.")
                seen.add(hash(person["id"]))
                yield person
        except UnicodeDecodeError as error:
            raise EvaluationError(f"{path} is not UTF-8 ({error}). Convert it, as with `iconv -t utf-8`.") from error
        except csv.Error as error:
            raise EvaluationError(f"{path}, line {reader.line_num}: not valid CSV ({error}).") from error
    if not seen:
        raise EvaluationError(f"{path} has a header but no rows.")


def _checked_header(names: Iterable[str], path: Path) -> list[str]:
    header = [name.strip().lower() for name in names]
    missing = [name for name in ("id", "cluster") if name not in header]
    if missing:
        raise EvaluationError(
            f"{path} has no column {' and no column '.join(missing)}. Expected a header with id, cluster and "
            f"any of {', '.join(ATTRIBUTES)}; found: {', '.join(header) or 'an empty file'}."
        )
    if not set(header) & set(ATTRIBUTES):
        raise EvaluationError(f"{path} has nothing to compare: give at least one of {', '.join(ATTRIBUTES)}.")
    return header


def _read_person(row: Mapping[str | None, Any], place: str) -> dict[str, str | None]:
    # DictReader's way to say that a line is longer, or shorter, than the header.
    if None in row or None in row.values():
        names = len(row) - (None in row)
        raise EvaluationError(
            f"{place}: {'more' if None in row else 'fewer'} values than the {names} of the header. Quote values that "
            "contain a comma."
        )
    person = {name: (row.get(name) or "").strip() or None for name in COLUMNS}
    if not person["id"] or not person["cluster"]:
        raise EvaluationError(f"{place}: id and cluster must not be empty.")
    return person


def score_csv(path: Path, dataset: str, fit_weights: bool, keep: bool) -> dict[str, Any]:
    """Load a CSV into scratch datasets, resolve it and return its scores, with examples of what is wrong.

    :param path: the file.
    :param dataset: scratch dataset; ``<dataset>_map`` takes the identity map. Both are dropped afterwards.
    :param fit_weights: whether the weights are fitted to the file as well, without its labels; a fit that nothing
        speaks against is scored beside the weights as shipped.
    :param keep: whether the datasets stay, to look into.
    """
    persons = list_checked(path)
    # Decisions and fits of the real warehouse are not the file's.
    datasets = {"intermediate_dataset": dataset, "silver_dataset": f"{dataset}_map", "ops_dataset": dataset}
    warehouse = Warehouse(datasets)
    warehouse.create_datasets()
    try:
        warehouse.load(warehouse.table("intermediate", "csv_persons"), dict.fromkeys(COLUMNS, "STRING"), persons)
        warehouse.dbt("run-operation", "identity_load_csv")
        warehouse.dbt(
            "build",
            "--full-refresh",
            *IDENTITY_MODELS,
            "--exclude-resource-type",
            "test",
            "--exclude-resource-type",
            "unit_test",
        )
        labelled = short(
            """
            select linked.identity_key, linked.source, linked.customer_id as cluster, persons.cluster as person
            from `{{ identity_map }}` as linked
            inner join `{{ persons }}` as persons
                on linked.source_record_id = persons.id""",
            identity_map=warehouse.table("silver", "identity_map"),
            persons=warehouse.table("intermediate", "csv_persons"),
        )
        scopes = {path.name: score(warehouse, labelled)}
        reasons: list[str] = []
        if fit_weights:
            weights, reasons = fit_warehouse(warehouse)
            if not reasons:
                warehouse.load_weights(weights)
                warehouse.dbt("run", "--select", "int_identity__scores+,int_identity__*", "identity_map")
                scopes[f"{path.name}, fitted"] = score(warehouse, labelled)
        return {"scopes": scopes, "examples": examples(warehouse, labelled), "not_fitted_because": reasons}
    finally:
        if not keep:
            warehouse.drop_datasets()


def list_checked(path: Path) -> Iterator[dict[str, str | None]]:
    """Check the whole file before anything is loaded, then yield its rows."""
    for _ in read_persons(path):
        pass
    return read_persons(path)
