"""The right to object: who objects is left out, whatever the sources say, until they take it back.

dbt reads ``ops.objections`` in every build (macro ``objects_to``). What is there already is changed at once, so that no
destination waits for the next build.
"""

from __future__ import annotations

from collections.abc import Sequence

from martech.privacy.person_request import PersonRequest
from martech.privacy.personal_table import PersonalTable
from martech.warehouse.statements import Sql, change

MARKETING, PROFILING = "marketing", "profiling"
PURPOSES = (MARKETING, PROFILING)
# Tables of current state that say whether somebody may be contacted, by `customer_id` and `is_unsubscribed`.
CONTACTABLE = ("silver.customer_360", "silver.unified_leads")


class Objection(PersonRequest):
    """One objection of a person."""

    def keep(self, customer_id: str, purpose: str) -> int:
        """Write the objection down for every record of the person, and return their number.

        Records with which they object already are left as they are.

        :param customer_id: the customer that was found.
        :param purpose: marketing or profiling.
        """
        return self._change("keep_objection", customer_id, purpose)

    def withdraw(self, customer_id: str, purpose: str) -> int:
        """Take the objection back, and return the number of records; the next build asks the sources again.

        :param customer_id: the customer that was found.
        :param purpose: marketing or profiling.
        """
        return self._change("withdraw_objection", customer_id, purpose)

    def apply(self, customer_id: str, purpose: str) -> dict[str, int]:
        """Change what is there, and return the rows changed, by table.

        :param customer_id: the customer that was found.
        :param purpose: marketing or profiling.
        """
        counts = self._deny(customer_id) if purpose == MARKETING else self._forget_profiles(customer_id)
        return {name: rows for name, rows in counts.items() if rows}

    def _deny(self, customer_id: str) -> dict[str, int]:
        counts = {}
        for declared in self._named(CONTACTABLE):
            sql = self._statement("deny_consents", table=declared.name, consents=declared.consents)
            counts[declared.name] = change(self._client, sql, {"customer_id": customer_id})
        return counts

    def _forget_profiles(self, customer_id: str) -> dict[str, int]:
        counts = {}
        for declared in self._tables:
            belongs = declared.belongs_sql(Sql(f"({self._statement('identifiers_of_person')})"))
            if declared.is_profile and belongs:
                sql = self._statement("delete_rows", table=declared.name, belongs=belongs)
                values = {"request_id": self._request_id, "customer_id": customer_id}
                counts[declared.name] = change(self._client, sql, values)
        return counts

    def _named(self, names: Sequence[str]) -> list[PersonalTable]:
        wanted = {self._table(name) for name in names}
        return [declared for declared in self._tables if declared.name in wanted]

    def _change(self, name: str, customer_id: str, purpose: str) -> int:
        sql = self._statement(name, objections=self._table("ops.objections"))
        values = {
            "request_id": self._request_id, "run_id": self._run_id, "customer_id": customer_id, "purpose": purpose,
        }  # fmt: skip
        return change(self._client, sql, values)
