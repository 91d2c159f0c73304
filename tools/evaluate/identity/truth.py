"""Scores `identity_map` on the truth that the sample sources keep apart from the warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from martech.warehouse.statements import Sql, short

from tools.evaluate.identity.scoring import examples, score
from tools.evaluate.identity.warehouse import EvaluationError, Warehouse

COLUMNS = {"identity_key": "STRING", "person_id": "STRING", "linkable": "BOOL", "shared": "BOOL"}

# A record is linkable if anything ties it to its person; a shared browser belongs to several persons.
SCOPES = {
    "linkable": "truth.linkable and not truth.shared",
    "linkable, known by name": "truth.linkable and not truth.shared and records.last_name is not null",
    "all records": "true",
}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                yield {name: row[name] for name in COLUMNS}
            except (ValueError, KeyError) as error:
                raise EvaluationError(
                    f"{path}, line {number}: expected JSON with {', '.join(COLUMNS)} ({error!r})."
                ) from error


def score_truth(warehouse: Warehouse, directory: Path) -> dict[str, Any]:
    """Return the scores of the warehouse's `identity_map` by scope, with examples of what is wrong.

    :param directory: the ``truth`` directory of a generated sample.
    :raises EvaluationError: where the truth is missing or malformed.
    """
    path = directory / "identities.ndjson"
    if not path.exists():
        raise EvaluationError(
            f"{path} does not exist: name the `truth` directory that `python -m tools.sample_sources generate` wrote."
        )
    truth = warehouse.table("intermediate", "identity_truth")
    warehouse.load(truth, COLUMNS, _rows(path))
    try:
        (coverage,) = warehouse.rows(
            short(
                """
            select
                count(*) as truth_records,
                countif(linked.identity_key is null) as unmapped,
                countif(records.identity_key is null) as unknown
            from `{{ truth }}` as truth
            left join `{{ identity_map }}` as linked
                on truth.identity_key = linked.identity_key
            left join `{{ records }}` as records
                on truth.identity_key = records.identity_key""",
                truth=truth,
                identity_map=warehouse.table("silver", "identity_map"),
                records=warehouse.table("intermediate", "int_identity__records"),
            )
        )
        # Records that land late or never are few: many unknown ones are another sample's.
        if coverage["unknown"] > 0.2 * coverage["truth_records"]:
            raise EvaluationError(
                f"{coverage['unknown']:,} of the {coverage['truth_records']:,} records of the truth are not in the "
                "warehouse: land that very sample, build silver, and score again."
            )
        if coverage["unmapped"] > coverage["unknown"]:
            raise EvaluationError("identity_map is older than int_identity__records: build silver, and score again.")
        result: dict[str, Any] = {"coverage": coverage, "scopes": {}}
        for scope, condition in SCOPES.items():
            labelled = short(
                """
                select linked.identity_key, linked.source, linked.customer_id as cluster, truth.person_id as person
                from `{{ identity_map }}` as linked
                inner join `{{ truth }}` as truth on linked.identity_key = truth.identity_key
                inner join `{{ records }}` as records
                    on linked.identity_key = records.identity_key
                where {{ condition }}""",
                identity_map=warehouse.table("silver", "identity_map"),
                truth=truth,
                records=warehouse.table("intermediate", "int_identity__records"),
                condition=Sql(condition),
            )
            result["scopes"][scope] = score(warehouse, labelled)
            if scope == "linkable":
                result["examples"] = examples(warehouse, labelled)
    finally:
        # The truth stays apart from the warehouse.
        warehouse.client.delete_table(truth, not_found_ok=True)
    return result
