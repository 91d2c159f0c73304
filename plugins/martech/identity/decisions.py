"""What people have decided about two source records; dbt reads it in every build (``int_identity__decisions``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.cloud import bigquery

from martech.warehouse.statements import change, run, statement

SAME_PERSON, DIFFERENT_PEOPLE = "same_person", "different_people"
DECISIONS = (SAME_PERSON, DIFFERENT_PEOPLE)


class DecisionError(Exception):
    """The decision cannot be kept; the message names the fix."""


@dataclass(frozen=True)
class Decision:
    """One decision about two source records.

    :param decision_id: id under which it is filed.
    :param identity_keys: both records, ``<source>:<entity>:<id>`` each, in any order.
    :param decision: same_person or different_people.
    :param decided_by: who decided.
    :param reason: why.
    """

    decision_id: str
    identity_keys: tuple[str, str]
    decision: str
    decided_by: str
    reason: str

    def __post_init__(self) -> None:
        if len(set(self.identity_keys)) < len(self.identity_keys):
            raise DecisionError(
                f"Both records are {self.identity_keys[0]}. Give two: what is one record is always one person."
            )


class Decisions:
    """The decisions of a warehouse.

    :param client: BigQuery client.
    :param run_id: the Airflow run.
    :param table: returns the full name of ``layer.table``.
    """

    def __init__(self, client: bigquery.Client, *, run_id: str, table: Callable[[str], str]) -> None:
        self._client = client
        self._run_id = run_id
        self._names = {
            "decisions": table("ops.identity_decisions"),
            "records": table("silver.identity_map"),
        }

    def keep(self, decision: Decision) -> None:
        """Write a decision down, in place of an earlier one about the same records. A repetition changes nothing.

        :raises DecisionError: where a record is unknown, or the id belongs to another decision.
        """
        pair = self._pair(decision.identity_keys)
        unknown = [row["identity_key"] for row in self._rows("unknown_records", **pair)]
        if unknown:
            raise DecisionError(
                f"There is no record {' and no record '.join(unknown)}. Look the records up in "
                f"{self._names['records']} (identity_key is <source>:<entity>:<id>); one that landed today is known "
                "after the next build of silver. Nothing was changed."
            )
        for known in self._rows("decision", decision_id=decision.decision_id):
            same = (known["identity_key_a"], known["identity_key_b"], known["decision"]) == (
                *pair.values(),
                decision.decision,
            )
            if not same or not known["is_in_force"]:
                raise DecisionError(
                    f"Decision {decision.decision_id} is {known['decision']} of {known['identity_key_a']} and "
                    f"{known['identity_key_b']}{'' if known['is_in_force'] else ', and no longer holds'}. "
                    "Give this one an id of its own. Nothing was changed."
                )
        values = {
            "decision_id": decision.decision_id,
            "decision": decision.decision,
            "decided_by": decision.decided_by,
            "reason": decision.reason,
        }
        self._change("keep_decision", **pair, **values)
        self._change("withdraw_decisions", **pair, kept_decision_id=decision.decision_id)

    def withdraw(self, identity_keys: tuple[str, str]) -> None:
        """Take back what was decided about two records; the next build asks the scores again.

        :param identity_keys: both records, in any order.
        :raises DecisionError: where nothing is decided about them.
        """
        if not self._change("withdraw_decisions", **self._pair(identity_keys), kept_decision_id=""):
            raise DecisionError(
                f"Nothing is decided about {' and '.join(identity_keys)}, or it was withdrawn already. "
                f"{self._names['decisions']} has all decisions."
            )

    @staticmethod
    def _pair(identity_keys: tuple[str, str]) -> dict[str, str]:
        return dict(zip(("identity_key_a", "identity_key_b"), sorted(identity_keys), strict=True))

    def _rows(self, name: str, **values: Any) -> list[Any]:
        return list(run(self._client, statement(f"identity/sql/{name}.sql", **self._names), values))

    def _change(self, name: str, **values: str) -> int:
        sql = statement(f"identity/sql/{name}.sql", **self._names)
        return change(self._client, sql, {**values, "run_id": self._run_id})
