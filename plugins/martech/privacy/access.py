"""Who may see what: row access policies, authorised views and policy tags, set as declared and read back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from martech.privacy.personal_table import PersonalTable
from martech.warehouse.ddl import CreateStatement, render

POLICY = re.compile(
    r"create or replace row access policy (?P<policy_id>\w+)\s+on `(?P<table>[^`]+)`\s+"
    r"grant to \((?P<grantees>[^)]*)\)\s+filter using \((?P<filter>.+)\)",
    re.DOTALL,
)
ENTITY_TYPES = {"user": "userByEmail", "serviceAccount": "userByEmail", "group": "groupByEmail", "domain": "domain"}


class AccessError(Exception):
    """Access is not as declared; the message names every difference and the fix."""


@dataclass(frozen=True)
class RowPolicy:
    """A row access policy as its SQL declares it.

    :param policy_id: its name on the table.
    :param table: ``project.dataset.table``.
    :param sql: the statement.
    """

    policy_id: str
    table: str
    sql: str


def load_row_policies(files: Iterable[Path], context: Mapping[str, Any]) -> list[RowPolicy]:
    """Return the row access policies of SQL files, in their order.

    :param files: files of ``CREATE OR REPLACE ROW ACCESS POLICY`` statements, Jinja templates.
    :param context: values for the templates.
    :raises AccessError: for a statement of another kind.
    """
    policies = []
    for file in files:
        text = "\n".join(line for line in render(file, context).splitlines() if not line.startswith("--"))
        for statement in filter(None, (part.strip() for part in text.split(";"))):
            found = POLICY.fullmatch(statement)
            if not found:
                raise AccessError(f"{file}: write `create or replace row access policy … grant to … filter using …`.")
            policies.append(RowPolicy(found["policy_id"], found["table"], statement))
    return policies


def principals_sql(principals: Sequence[str]) -> str:
    """Return principals as GRANT TO lists them.

    :param principals: such as ``group:analysts@example.com``.
    """
    return ", ".join(f'"{principal}"' for principal in principals)


class Access:
    """Sets access in BigQuery and reads it back.

    :param client: BigQuery client.
    """

    def __init__(self, client: bigquery.Client) -> None:
        self._client = client

    def set_row_policies(self, policies: Sequence[RowPolicy]) -> None:
        """Create or replace row access policies: BigQuery drops them where dbt replaces a table."""
        for policy in policies:
            self._client.query(policy.sql).result()

    def missing_row_policies(self, policies: Sequence[RowPolicy]) -> list[str]:
        """Return what is wrong with the row access policies, one line each."""
        wrong = []
        for table in dict.fromkeys(policy.table for policy in policies):
            declared = {policy.policy_id for policy in policies if policy.table == table}
            found = self._row_policy_ids(table)
            wrong += [f"{table} lacks the row access policy {name}" for name in sorted(declared - found)]
            wrong += [
                f"{table} has a row access policy {name} that is not declared" for name in sorted(found - declared)
            ]
        return wrong

    def _row_policy_ids(self, table: str) -> set[str]:
        project, dataset, table_id = table.split(".")
        path = f"/projects/{project}/datasets/{dataset}/tables/{table_id}/rowAccessPolicies"
        # The client has no method for row access policies yet.
        answer = self._client._connection.api_request(method="GET", path=path)
        return {policy["rowAccessPolicyReference"]["policyId"] for policy in answer.get("rowAccessPolicies", [])}

    def authorize_views(
        self, views: Sequence[CreateStatement], readers: Sequence[str], between: Sequence[CreateStatement] = ()
    ) -> None:
        """Let views read the datasets they are made of, and principals read the views.

        Views of the same dataset that are authorised and not declared any more lose it; all other entries stay.

        :param views: the views, all of one dataset.
        :param readers: who may read them.
        :param between: views of other datasets that these views read: each needs its own authorisation.
        """
        own = views[0].dataset_id
        for dataset_id, wanted in _authorizations([*views, *between]).items():
            dataset = self._client.get_dataset(dataset_id)
            others = [
                entry
                for entry in dataset.access_entries
                if _view_dataset(entry) != own and _view_name(entry) not in wanted
            ]
            self._update(dataset, [*others, *(_view_entry(name) for name in sorted(wanted))])
        dataset = self._client.get_dataset(views[0].name.rpartition(".")[0])
        known = {(entry.role, entry.entity_id) for entry in dataset.access_entries if isinstance(entry.entity_id, str)}
        missing = [entry for entry in map(_reader_entry, readers) if (entry.role, entry.entity_id) not in known]
        self._update(dataset, [*dataset.access_entries, *missing])

    def missing_authorizations(
        self, views: Sequence[CreateStatement], readers: Sequence[str], between: Sequence[CreateStatement] = ()
    ) -> list[str]:
        """Return what is wrong with the views' access, one line each.

        :param between: views of other datasets that these views read.
        """
        wrong = []
        for dataset_id, wanted in _authorizations([*views, *between]).items():
            entries = self._client.get_dataset(dataset_id).access_entries
            found = {_view_name(entry) for entry in entries}
            wrong += [f"{dataset_id} does not authorise the view {name}" for name in sorted(wanted - found)]
        dataset_id = views[0].name.rpartition(".")[0]
        entries = self._client.get_dataset(dataset_id).access_entries
        admitted = {(entry.role, entry.entity_id) for entry in entries if isinstance(entry.entity_id, str)}
        wrong += [
            f"{dataset_id} cannot be read by {reader}"
            for reader, entry in zip(readers, map(_reader_entry, readers), strict=True)
            if (entry.role, entry.entity_id) not in admitted
        ]
        return wrong

    def _update(self, dataset: bigquery.Dataset, entries: list[bigquery.AccessEntry]) -> None:
        if entries != list(dataset.access_entries):
            dataset.access_entries = entries
            self._client.update_dataset(dataset, ["access_entries"])

    def tag_columns(self, tables: Iterable[PersonalTable], tag: str) -> list[str]:
        """Set a policy tag on personal columns that lack it, and return them as ``table.column``.

        :param tag: full name of the policy tag.
        """
        tagged = []
        for table, columns in self._untagged(tables, tag):
            fields = []
            for field in table.schema:
                representation = field.to_api_repr()
                if field.name in columns:
                    representation["policyTags"] = {"names": [tag]}
                fields.append(bigquery.SchemaField.from_api_repr(representation))
            table.schema = fields
            self._client.update_table(table, ["schema"])
            tagged += [f"{table.dataset_id}.{table.table_id}.{column}" for column in columns]
        return tagged

    def untagged_columns(self, tables: Iterable[PersonalTable], tag: str) -> list[str]:
        """Return personal columns without the policy tag, one line each."""
        return [
            f"{table.dataset_id}.{table.table_id}.{column} lacks the policy tag"
            for table, columns in self._untagged(tables, tag)
            for column in columns
        ]

    def _untagged(self, tables: Iterable[PersonalTable], tag: str) -> Iterable[tuple[bigquery.Table, list[str]]]:
        for declared in tables:
            if not declared.pii:
                continue
            try:
                table = self._client.get_table(declared.name)
            except NotFound:
                continue  # not built yet
            columns = [
                field.name
                for field in table.schema
                # A record cannot be tagged as a whole.
                if field.name in declared.pii
                and field.field_type not in ("RECORD", "STRUCT")
                and tag not in (field.policy_tags.names if field.policy_tags else ())
            ]
            if columns:
                yield table, columns

    def personal_columns_in_views(
        self, views: Sequence[CreateStatement], personal: Mapping[str, set[str]]
    ) -> list[str]:
        """Return columns of the views that are personal in a table they read, one line each.

        :param personal: personal columns by ``project.dataset.table``.
        """
        wrong = []
        for view in views:
            hidden = set().union(*(personal.get(name, set()) for name in view.reads))
            columns = {field.name for field in self._client.get_table(view.name).schema}
            wrong += [f"{view.name} shows {column}" for column in sorted(columns & hidden)]
        return wrong


def _authorizations(views: Sequence[CreateStatement]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for view in views:
        for name in view.reads:
            wanted.setdefault(name.rpartition(".")[0], set()).add(view.name)
    return wanted


def _view_entry(name: str) -> bigquery.AccessEntry:
    project, dataset, table = name.split(".")
    return bigquery.AccessEntry(None, "view", {"projectId": project, "datasetId": dataset, "tableId": table})


def _view_name(entry: bigquery.AccessEntry) -> str | None:
    """Return the authorised view of an entry as ``project.dataset.table``; None where it admits somebody else."""
    view = entry.entity_id
    if entry.entity_type != "view" or not isinstance(view, dict):
        return None
    return f"{view['projectId']}.{view['datasetId']}.{view['tableId']}"


def _view_dataset(entry: bigquery.AccessEntry) -> str | None:
    name = _view_name(entry)
    return name.split(".")[-2] if name else None


def _reader_entry(principal: str) -> bigquery.AccessEntry:
    kind, _, name = principal.partition(":")
    return bigquery.AccessEntry("READER", ENTITY_TYPES[kind], name)
