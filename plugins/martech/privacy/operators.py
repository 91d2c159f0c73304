"""The steps of an erasure, and of keeping access as declared.

An erasure finds the person first. Destinations come second, since only our memory of them says what they hold. Then
the warehouse itself, and at last the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, AirflowSkipException

from martech.privacy.access import Access, RowPolicy, describe_readers, load_row_policies, principals_sql
from martech.privacy.erasure import Erasure
from martech.privacy.person_request import PersonError, PersonRequest, Selector
from martech.privacy.personal_table import PersonalTable
from martech.warehouse.ddl import CreateStatement, load_scripts, render
from martech.warehouse.operators import WarehouseOperator
from martech.warehouse.statements import statement

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


Request = TypeVar("Request", bound=PersonRequest)


class PersonOperator(WarehouseOperator):
    """Knows the request of one person.

    :param request_id: id of the request (templated).
    :param table: returns the full name of ``layer.table``.
    :param load_tables: returns what the tables hold; asked when the task runs.
    :param sql_dir: folder with ``find_customer.sql`` and ``person_identifiers.sql``.
    :param sql_context: values for the Jinja templates in them.
    :param load_connectors: returns the source that delivers, by dataset of a connector; asked when the task runs.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "request_id")
    ui_color = "#fce4ec"

    def __init__(  # noqa: PLR0913 - the request, and what is declared
        self,
        *,
        request_id: str,
        table: Callable[[str], str],
        load_tables: Callable[[], list[PersonalTable]],
        sql_dir: Path,
        sql_context: Mapping[str, Any],
        load_connectors: Callable[[], Mapping[str, str]] = dict,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.request_id = request_id
        self.table = table
        self.load_tables = load_tables
        self.sql_dir = sql_dir
        self.sql_context = sql_context
        self.load_connectors = load_connectors

    def request(self, context: Context, kind: type[Request]) -> Request:
        """Return the request.

        :param context: the task's context.
        :param kind: what is asked for.
        """
        return kind(
            self.warehouse(context).bigquery,
            request_id=self.request_id,
            run_id=context["run_id"],
            table=self.table,
            tables=self.load_tables(),
            find_customer_sql=render(self.sql_dir / "find_customer.sql", self.sql_context),
            identifiers_sql=self.identifiers_sql(),
        )

    def identifiers_sql(self) -> str:
        """Return the query for everything that names the person, and nobody else."""
        return render(self.sql_dir / "person_identifiers.sql", self.sql_context)

    @staticmethod
    def selector(context: Context) -> Selector:
        """Return whom the run names.

        :param context: the task's context, whose params are read.
        :raises PersonError: where it is not named by exactly one key.
        """
        params = context["params"]
        return Selector(params["identity_key"], params["customer_id"], params["email_sha256"])


class ErasureOperator(PersonOperator):
    """A step of an erasure; those of a request that is proven are skipped."""

    def execute(self, context: Context) -> Any:
        """Do the step; what a retry cannot fix fails at once.

        :raises AirflowSkipException: where the request is proven already.
        :raises AirflowFailException: naming the fix.
        """
        try:
            erasure = self.request(context, Erasure)
            self.check_request(erasure, context)
            if erasure.status() == "proven":
                erasure.forget()  # in case the proof died between its two last writes
                raise AirflowSkipException(f"Request {self.request_id} is proven: nothing is left to be done.")
            return self.step(erasure, context)
        except PersonError as error:
            raise AirflowFailException(str(error)) from error

    def check_request(self, erasure: Erasure, context: Context) -> None:
        """Check what this run names, before anything is done.

        :param erasure: the request.
        :param context: the task's context.
        """

    def step(self, erasure: Erasure, context: Context) -> Any:
        """Do what this step is for.

        :param erasure: the request.
        """
        raise NotImplementedError


class PlanErasureOperator(ErasureOperator):
    """Finds the person, writes the request and suppresses their records; on a dry run only counts.

    Reads the DAG params ``identity_key``, ``customer_id``, ``email_sha256`` (one of them) and ``dry_run``. Returns the
    request's id, the only thing that goes to XCom.
    """

    def check_request(self, erasure: Erasure, context: Context) -> None:
        """Check that a request which is there already is about whom this run names.

        :raises ErasureError: where it is about somebody else.
        """
        if erasure.status():
            erasure.require_same_person(self.selector(context))

    def step(self, erasure: Erasure, context: Context) -> str:
        """Find the person.

        :raises AirflowSkipException: on a dry run, so that nothing after it runs.
        :raises PersonError: where nobody or more than one customer is found.
        """
        params = context["params"]
        status = erasure.status()
        if status and not params["dry_run"]:
            self.log.info("Request %s is %s already: going on from there.", self.request_id, status)
            return self.request_id
        selector = self.selector(context)
        customer_id = erasure.find(selector)
        if params["dry_run"]:
            counts = erasure.preview(customer_id)
            for name, rows in counts.items():
                self.log.info("%8d rows in %s", rows, name)
            theirs = erasure.rows_at_connectors(customer_id, self.load_connectors())
            for name, rows in theirs.items():
                self.log.warning("%8d rows in %s, a connector's: erase at the source, then delete them.", rows, name)
            at_sources = f" {sum(theirs.values())} rows in {len(theirs)} connectors' tables are to be erased at the "
            raise AirflowSkipException(
                f"Dry run: {sum(counts.values())} rows in {len(counts)} tables would be removed; nothing was changed."
                + (f"{at_sources}source, the log names them." if theirs else "")
            )
        erasure.request(customer_id, selector)
        self.log.info("Request %s is written; the `stg_` models leave the person out from now on.", self.request_id)
        return self.request_id


class RemoveFromDestinationsOperator(ErasureOperator):
    """Fails until no destination holds the person: give it retries, and it waits without a worker.

    The syncs do the work: they leave out, and remove, whoever an open request is about.

    :param state: tables that say what destinations hold or may hold, as ``layer.table``.
    :param dead_letters: table that says what destinations refuse, as ``layer.table``.
    :param kwargs: see :class:`ErasureOperator`.
    """

    def __init__(self, *, state: Sequence[str], dead_letters: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.state = state
        self.dead_letters = dead_letters

    def step(self, erasure: Erasure, context: Context) -> None:
        """Look, and write down that it is done.

        :raises AirflowException: naming the syncs to run.
        """
        held = erasure.held_by_destinations([self.table(name) for name in self.state])
        if held:
            refusals = erasure.refusals(self.table(self.dead_letters))
            raise AirflowException(
                "Destinations have not confirmed the removal: "
                + ", ".join(
                    f"{sync} ({records} records{', refused: ' if sync in refusals else ''}"
                    f"{'; '.join(refusals.get(sync, []))})"
                    for sync, records in sorted(held.items())
                )
                + ". Their next run removes the person, and a retry of this task sees it. To go on now: "
                + "; ".join(f"airflow dags trigger activate_{sync}" for sync in sorted(held))
                + ". Where such a run fails or rejects the removal, its report_sync names the remedy."
            )
        if erasure.status() == "requested":
            erasure.confirm_destinations()
        self.log.info("No destination holds the person.")


class EraseRowsOperator(ErasureOperator):
    """Deletes the person's rows, and empties references to them in others', in every table. Can be repeated."""

    def step(self, erasure: Erasure, context: Context) -> int:
        """Erase, and return the number of rows changed.

        :raises ErasureError: where the identifiers are gone.
        """
        counts = erasure.erase()
        for name, rows in counts.items():
            self.log.info("%8d rows in %s", rows, name)
        return sum(counts.values())


class ProveErasureOperator(ErasureOperator):
    """Searches every column of every table for every identifier, whatever the tables are declared to hold.

    Connectors' tables are searched too. The pipeline may not change them, so what is found there is named.

    :param datasets: our datasets.
    :param kwargs: see :class:`ErasureOperator`.
    """

    def __init__(self, *, datasets: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.datasets = datasets

    def step(self, erasure: Erasure, context: Context) -> int:
        """Search, and return the number of tables searched.

        :raises ErasureError: where an identifier is found, naming table and column.
        """
        searched = erasure.prove(self.datasets, self.load_connectors())
        self.log.info("No identifier of the person is in any of %d tables.", searched)
        ends = erasure.time_travel_ends(self.datasets, datetime.now(UTC))
        self.log.info(
            "Whoever may read these tables can read what was deleted, by time travel, until %s; Google keeps it for 7 "
            "days more, which only its support can restore.", ends.isoformat(timespec="minutes"),
        )  # fmt: skip
        return searched


class ReportOverdueErasuresOperator(WarehouseOperator):
    """Fails where a request is open for too long, or has lost its identifiers: nothing else would say so.

    :param requests: ``project.dataset.table`` of the requests (templated).
    :param identifiers: that of their identifiers (templated).
    :param days: so many days a request may be open: fewer than the month that the law gives.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "requests", "identifiers")
    ui_color = "#fce4ec"

    def __init__(self, *, requests: str, identifiers: str, days: int = 21, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.requests = requests
        self.identifiers = identifiers
        self.days = days

    def execute(self, context: Context) -> int:
        """Look, and return the number of open requests.

        :raises AirflowFailException: naming each request that is overdue, and the fix.
        """
        sql = statement("privacy/sql/open_requests.sql", requests=self.requests, identifiers=self.identifiers)
        rows = list(self.warehouse(context).query(sql))
        overdue = [
            f"Request {row.request_id} is {row.status} for {row.days} days; the law gives a month. "
            + (
                "Look at its run of erase_person, and clear what is red."
                if row.found == row.expected
                else "Its identifiers were deleted, so syncs may send the person again: trigger a new request."
            )
            for row in rows
            if row.days >= self.days or row.found != row.expected
        ]
        if overdue:
            raise AirflowFailException("\n".join(overdue))
        return len(rows)


class AccessOperator(WarehouseOperator):
    """Knows what is declared.

    :param load_tables: returns what the tables hold; asked when the task runs.
    :param load_views: returns the analysts' views and the SQL that creates them; asked when the task runs.
    :param sql_dir: folder with ``row_access`` (the policies).
    :param sql_context: values for the Jinja templates in them.
    :param table: returns the full name of ``layer.table``.
    :param analysts: who reads the views; nobody gets row access policies while it is empty.
    :param pipeline_account: who keeps seeing all rows; needed where there are analysts.
    :param policy_tag: policy tag of personal columns; None sets none.
    :param table_readers: who may read tables of silver and gold too.
    :param removes_undeclared: false only reports who reads and is not declared.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    ui_color = "#fce4ec"

    def __init__(  # noqa: PLR0913 - what is declared
        self,
        *,
        load_tables: Callable[[], list[PersonalTable]],
        load_views: Callable[[], list[tuple[CreateStatement, str]]],
        sql_dir: Path,
        sql_context: Mapping[str, Any],
        table: Callable[[str], str],
        analysts: Sequence[str],
        pipeline_account: str | None,
        policy_tag: str | None,
        table_readers: Sequence[str] = (),
        removes_undeclared: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.load_tables = load_tables
        self.load_views = load_views
        self.sql_dir = sql_dir
        self.sql_context = sql_context
        self.table = table
        self.analysts = analysts
        self.pipeline_account = pipeline_account
        self.policy_tag = policy_tag
        self.table_readers = table_readers
        self.removes_undeclared = removes_undeclared

    def views_between(self, views: Sequence[CreateStatement]) -> list[CreateStatement]:
        """Return the views of silver and gold that the analysts' views read.

        :param views: the analysts' views.
        """
        read = {name for create in views for name in create.reads}
        files = sorted(file for layer in ("silver", "gold") for file in (self.sql_dir.parent / layer).glob("*.sql"))
        creates = [script.create for script in load_scripts(files, self.sql_context)]
        return [create for create in creates if create.kind == "view" and create.name in read]

    def row_policies(self) -> list[RowPolicy]:
        """Return the row access policies; none while there are no analysts."""
        return self._policies_for(self.analysts) if self.analysts else []

    def tables_with_policies(self) -> list[str]:
        """Return the tables that have row access policies where there are analysts."""
        return list(dict.fromkeys(policy.table for policy in self._policies_for(["group:nobody@example.com"])))

    def _policies_for(self, analysts: Sequence[str]) -> list[RowPolicy]:
        grantees = {
            "analysts": principals_sql(analysts),
            "pipeline": principals_sql([self.pipeline_account or ""]),
        }
        files = sorted((self.sql_dir / "row_access").glob("*.sql"))
        return load_row_policies(files, {**self.sql_context, **grantees})

    def admitted(self) -> dict[str, list[str]]:
        """Return who may read each of our datasets, by ``project.dataset``."""
        own = [self.pipeline_account] if self.pipeline_account else []
        readers = {"silver": self.table_readers, "gold": self.table_readers}
        readers["analytics"] = [*self.analysts, *self.table_readers]
        layers = [name.removesuffix("_dataset") for name in self.sql_context if name.endswith("_dataset")]
        return {self.table(f"{layer}.any").rpartition(".")[0]: [*own, *readers.get(layer, ())] for layer in layers}


class RemoveReadersOperator(AccessOperator):
    """Takes access from whoever reads a dataset of ours and is not declared: also from those who once were."""

    def execute(self, context: Context) -> list[str]:
        """Remove, and return who was found, one line each."""
        access = Access(self.warehouse(context).bigquery)
        undeclared = access.undeclared_readers(self.admitted())
        said = describe_readers(undeclared)
        for line in said:
            self.log.warning("%s", line)
        if self.removes_undeclared:
            access.remove_readers(undeclared)
        return said


class PublishViewsOperator(AccessOperator):
    """Replaces the views, so that new columns show, and authorises them."""

    def execute(self, context: Context) -> int:
        """Create and authorise, and return the number of views."""
        warehouse = self.warehouse(context)
        views = self.load_views()
        warehouse.change(statement("privacy/sql/make_pseudonym_key.sql", key=self.table("secrets.pseudonym_key")))
        for _, sql in views:
            warehouse.bigquery.query(sql).result()
        creates = [create for create, _ in views]
        Access(warehouse.bigquery).authorize_views(creates, self.analysts, self.views_between(creates))
        return len(views)


class SetRowPoliciesOperator(AccessOperator):
    """Creates or replaces the row access policies, which BigQuery drops with every table that dbt replaces.

    Policies that are not declared any more are dropped.
    """

    def execute(self, context: Context) -> int:
        """Set them, and return their number.

        :raises AirflowSkipException: where no analysts are named.
        """
        policies = self.row_policies()
        access = Access(self.warehouse(context).bigquery)
        for name in access.drop_row_policies(policies, self.tables_with_policies()):
            self.log.warning("Dropped, since it is not declared: %s", name)
        if not policies:
            raise AirflowSkipException("MARKETING_ANALYSTS is not set: nobody but the pipeline reads tables.")
        access.set_row_policies(policies)
        return len(policies)


class TagColumnsOperator(AccessOperator):
    """Sets the policy tag where a personal column lacks it: on raw and operations tables; dbt tags what it builds."""

    def execute(self, context: Context) -> list[str]:
        """Tag, and return the columns that lacked it.

        :raises AirflowSkipException: where no policy tag is set.
        """
        if not self.policy_tag:
            raise AirflowSkipException("MARKETING_PII_POLICY_TAG is not set: columns keep their descriptions only.")
        tagged = Access(self.warehouse(context).bigquery).tag_columns(self.load_tables(), self.policy_tag)
        for column in tagged:
            self.log.info("Tagged %s", column)
        return tagged


class ProveAccessOperator(AccessOperator):
    """Compares what BigQuery says with what is declared: policies, authorisations, tags, readers and views."""

    def execute(self, context: Context) -> None:
        """Compare.

        :raises AirflowFailException: naming every difference and the fix.
        """
        tables = self.load_tables()
        views = self.load_views()
        creates = [create for create, _ in views]
        policies = self.row_policies()
        access = Access(self.warehouse(context).bigquery)
        readers = describe_readers(access.undeclared_readers(self.admitted()))
        wrong = [
            *access.wrong_row_policies(policies, self.tables_with_policies()),
            *access.missing_authorizations(creates, self.analysts, self.views_between(creates)),
            *(access.untagged_columns(tables, self.policy_tag) if self.policy_tag else []),
            *access.differing_views(views),
            *(readers if self.removes_undeclared else []),
        ]
        if wrong:
            raise AirflowFailException(
                "Access is not as declared:\n"
                + "\n".join(wrong)
                + "\nClear the tasks before this one. If they were green, something else undid their changes: look for "
                "Terraform or a person that sets access on these datasets, and for a dbt build that ran meanwhile."
            )
        for line in readers:
            self.log.warning("Reported only (MARKETING_ACCESS): %s", line)
        self.log.info("%d views, %d row access policies: as declared.", len(views), len(policies))
