"""The steps that keep access as declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from martech.privacy.access import Access, RowPolicy, describe_readers, load_row_policies, principals_sql
from martech.privacy.personal_table import PersonalTable
from martech.warehouse.ddl import CreateStatement, load_scripts
from martech.warehouse.operators import WarehouseOperator
from martech.warehouse.statements import statement

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class AccessOperator(WarehouseOperator):
    """Knows what is declared.

    :param load_tables: returns what the tables hold; asked when the task runs.
    :param load_views: returns the analysts' views and the SQL that creates them; asked when the task runs.
    :param sql_dir: folder with ``row_access`` (the policies).
    :param sql_context: values for the Jinja templates in them.
    :param table: returns the full name of ``layer.table``.
    :param analysts: who reads the views, and whom row access policies show the people who may be contacted.
    :param pipeline_account: who keeps seeing all rows; needed where there are analysts or readers of tables.
    :param policy_tag: policy tag of personal columns; None sets none.
    :param table_readers: who may read tables of silver and gold too, of these people only.
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
        """Return the row access policies; none while nobody but the pipeline reads."""
        readers = list(dict.fromkeys([*self.analysts, *self.table_readers]))
        return self._policies_for(readers) if readers else []

    def tables_with_policies(self) -> list[str]:
        """Return the tables that have row access policies where anybody is declared."""
        return list(dict.fromkeys(policy.table for policy in self._policies_for(["group:nobody@example.com"])))

    def _policies_for(self, readers: Sequence[str]) -> list[RowPolicy]:
        grantees = {
            "readers": principals_sql(readers),
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

        :raises AirflowSkipException: where nobody is declared who reads.
        """
        policies = self.row_policies()
        access = Access(self.warehouse(context).bigquery)
        for name in access.drop_row_policies(policies, self.tables_with_policies()):
            self.log.warning("Dropped, since it is not declared: %s", name)
        if not policies:
            raise AirflowSkipException(
                "MARKETING_ANALYSTS and MARKETING_TABLE_READERS are not set: nobody but the pipeline reads tables."
            )
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
