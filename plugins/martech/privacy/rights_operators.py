"""Records objections, checks that a corrected value has arrived, and finds who has been inactive for too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from martech.privacy.erasure import Erasure
from martech.privacy.erasure_operators import ErasureOperator
from martech.privacy.forgetting import Forgetting
from martech.privacy.objection import Objection
from martech.privacy.person_operators import PersonOperator
from martech.privacy.person_request import PersonError
from martech.privacy.rectification import Rectification
from martech.warehouse.ddl import render
from martech.warehouse.statements import Sql

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

# All their identifiers are searched by one regular expression, whose length BigQuery limits.
PEOPLE_PER_RUN = 200


class RecordObjectionOperator(PersonOperator):
    """Records that a person objects, or takes it back, and changes what is there.

    Reads the DAG params ``identity_key``, ``customer_id``, ``email_sha256`` (one of them), ``purpose`` and
    ``withdraw``. Returns the number of source records that are bound or released, the only thing that goes to XCom.
    """

    def execute(self, context: Context) -> int:
        """Record and apply.

        :raises AirflowFailException: where nobody or more than one customer is found, or there is nothing to take back.
        """
        objection = self.request(context, Objection)
        purpose, withdraws = context["params"]["purpose"], context["params"]["withdraw"]
        try:
            customer_id = objection.find(self.selector(context))
        except PersonError as error:
            raise AirflowFailException(str(error)) from error
        if withdraws:
            records = objection.withdraw(customer_id, purpose)
            if not records:
                raise AirflowFailException(
                    f"The person has not objected to {purpose}, or has taken it back already. Look into "
                    f"{self.table('ops.objections')}; what a source says is changed in the source."
                )
            self.log.info("Taken back for %d records: from the next build on the sources say it again.", records)
            return records
        records = objection.keep(customer_id, purpose)
        for name, rows in objection.apply(customer_id, purpose).items():
            self.log.info("%8d rows in %s", rows, name)
        self.log.info("%d records object to %s.", records, purpose)
        return records


class CheckRectificationOperator(PersonOperator):
    """Fails while a value that a source has corrected is still in a table that shows what is known now.

    Reads the DAG params ``identity_key``, ``customer_id``, ``email_sha256`` (one of them), ``former_sha256`` and
    ``corrected_sha256``. Returns the number of columns that have the corrected value.
    """

    def execute(self, context: Context) -> int:
        """Search the person's rows.

        :raises AirflowFailException: naming the columns that have the former value, or that none has the new one.
        """
        request = self.request(context, Rectification)
        params = context["params"]
        try:
            customer_id = request.find(self.selector(context))
            corrected = request.check(customer_id, params["former_sha256"], params["corrected_sha256"])
        except PersonError as error:
            raise AirflowFailException(str(error)) from error
        for column in corrected:
            self.log.info("The corrected value is in %s", column)
        return len(corrected)


class PlanForgettingOperator(ErasureOperator):
    """Writes down who has been inactive for too long; the steps of an erasure follow.

    Reads the DAG params ``max_percent`` and ``dry_run``. Returns the number of inactive people, the only
    thing that goes to XCom.
    """

    def step(self, erasure: Erasure, context: Context) -> int:
        """Find them.

        :raises AirflowSkipException: where it is nobody, and on a dry run, so that nothing after it runs.
        :raises PersonError: where there are too many.
        """
        if erasure.status():
            self.log.info("%s is planned already: going on from there.", self.request_id)
            return 0
        params, inactive = context["params"], Sql(self._inactive_sql())
        forgetting = self.request(context, Forgetting)
        if params["dry_run"]:
            found, people = forgetting.count(inactive)
            raise AirflowSkipException(f"Dry run: {found} of {people} people are inactive; nothing was changed.")
        found = forgetting.plan(inactive, params["max_percent"])
        if not found:
            raise AirflowSkipException("Nobody has been inactive for so long.")
        self.log.info("%d people have been inactive for too long; a run forgets up to %d.", found, PEOPLE_PER_RUN)
        return found

    def identifiers_sql(self) -> str:
        """Return the query for everything that names inactive people, and nobody else."""
        longest = f"order by last_date, customer_id limit {PEOPLE_PER_RUN}"
        whose = f"customer_id in ({self._inactive_sql()} {longest})"
        return render(self.sql_dir / "person_identifiers.sql", {**self.sql_context, "whose": whose})

    def _inactive_sql(self) -> str:
        return render(self.sql_dir / "inactive_people.sql", self.sql_context)
