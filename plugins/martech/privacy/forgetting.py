"""Retention of people: who has been inactive for too long is removed as by erasure, and may come back."""

from __future__ import annotations

from martech.privacy.erasure import Erasure
from martech.privacy.person_request import PersonError
from martech.warehouse.statements import Sql


class Forgetting(Erasure):
    """A request about all inactive people, whose identifiers count as those of one person.

    Their records are not suppressed: who comes back is a person like any other.
    """

    def count(self, inactive: Sql) -> tuple[int, int]:
        """Return how many people are inactive, and how many there are.

        :param inactive: query for their customer ids.
        """
        customers = self._table("silver.customer_360")
        row = self._rows(self._statement("count_inactive", customers=customers, inactive=inactive))[0]
        return row["inactive"], row["people"]

    def plan(self, inactive: Sql, max_percent: float) -> int:
        """Write down who is inactive, and return their number; nothing is written where it is nobody.

        :param inactive: query for their customer ids.
        :param max_percent: of all people, at most so many in percent.
        :raises PersonError: where there are more.
        """
        found, people = self.count(inactive)
        if found > people * max_percent / 100:
            raise PersonError(
                f"{found} of {people} people are inactive, more than {max_percent:g} %; nobody was forgotten. Did a "
                "source stop delivering? Where it is right, trigger with a higher max_percent."
            )
        if found:
            self.make_salt()
            self.forget()
            self._query(self._statement("keep_identifiers"))
            # A request about many is about nobody in particular.
            self._query(
                self._statement("make_request"),
                customer_id=self._request_id,
                selector=self._request_id,
                run_id=self._run_id,
            )
        return found
