"""Who may see what: row access policies, authorised views and policy tags, set as declared and read back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlglot
from google.api_core.exceptions import NotFound
from google.cloud import bigquery
from sqlglot.errors import SqlglotError

from martech.privacy.personal_table import PersonalTable
from martech.warehouse.ddl import CreateStatement, render
from martech.warehouse.statements import run, short, statement

POLICY = re.compile(
    r"create or replace row access policy (?P<policy_id>\w+)\s+on `(?P<table>[^`]+)`\s+"
    r"grant to \((?P<grantees>[^)]*)\)\s+filter using \((?P<filter>.+)\)",
    re.DOTALL,
)
# It shows the pipeline all rows of a table, and stays when there are no analysts any more.
PIPELINE_POLICY = "pipeline_sees_all"
# Kinds of entries in a dataset's list that admit somebody.
PRINCIPALS = ("userByEmail", "groupByEmail", "domain", "specialGroup", "iamMember")
EVERYBODY = ("allAuthenticatedUsers", "allUsers")
OWNERS = ("OWNER", "roles/bigquery.dataOwner", "roles/bigquery.admin")
ENTITY_TYPES = {"user": "userByEmail", "serviceAccount": "userByEmail", "group": "groupByEmail", "domain": "domain"}


class AccessError(Exception):
    """Access is not as declared; the message names every difference and the fix."""


@dataclass(frozen=True)
class RowPolicy:
    """A row access policy as its SQL declares it.

    :param policy_id: its name on the table.
    :param table: ``project.dataset.table``.
    :param sql: the statement.
    :param grantees: whom it is for.
    :param filter: which rows they see.
    """

    policy_id: str
    table: str
    sql: str
    grantees: tuple[str, ...]
    filter: str


def load_row_policies(files: Iterable[Path], context: Mapping[str, Any]) -> list[RowPolicy]:
    """Return the row access policies of SQL files, in their order.

    :param files: files of ``CREATE OR REPLACE ROW ACCESS POLICY`` statements, Jinja templates.
    :param context: values for the templates.
    :raises AccessError: for a statement of another kind.
    """
    policies = []
    for file in files:
        text = "\n".join(line for line in render(file, context).splitlines() if not line.startswith("--"))
        for text_of_policy in filter(None, (part.strip() for part in text.split(";"))):
            found = POLICY.fullmatch(text_of_policy)
            if not found:
                raise AccessError(f"{file}: write `create or replace row access policy … grant to … filter using …`.")
            grantees = tuple(name.strip().strip("\"'") for name in found["grantees"].split(","))
            policies.append(RowPolicy(found["policy_id"], found["table"], text_of_policy, grantees, found["filter"]))
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

    def drop_row_policies(self, policies: Sequence[RowPolicy], tables: Iterable[str]) -> list[str]:
        """Drop the row access policies that are not declared, and return them.

        The pipeline's own stays: without any policy everybody who may read the table sees all rows.

        :param policies: what is declared.
        :param tables: tables that have, or had, policies.
        """
        dropped = []
        for table in tables:
            declared = {policy.policy_id for policy in policies if policy.table == table}
            for name in sorted(self._filters(table).keys() - declared - {PIPELINE_POLICY}):
                sql = short("drop row access policy {{ policy }} on `{{ table }}`", policy=name, table=table)
                self._client.query(sql).result()
                dropped.append(f"{table}: {name}")
        return dropped

    def wrong_row_policies(self, policies: Sequence[RowPolicy], tables: Iterable[str]) -> list[str]:
        """Return what is wrong with the row access policies, their filters and grantees included, one line each.

        :param policies: what is declared.
        :param tables: tables that have, or had, policies.
        """
        wrong = []
        for table in tables:
            declared = {policy.policy_id: policy for policy in policies if policy.table == table}
            found = self._filters(table)
            wrong += [f"{table} lacks the row access policy {name}" for name in sorted(declared.keys() - found.keys())]
            wrong += [
                f"{table} has a row access policy {name} that is not declared"
                for name in sorted(found.keys() - declared.keys())
                if declared or name != PIPELINE_POLICY
            ]
            for name in sorted(declared.keys() & found.keys()):
                if _normal(found[name]) != _normal(declared[name].filter):
                    wrong.append(f"{table}: the row access policy {name} shows rows where {found[name]}")
                members = self._grantees(table, name)
                if members != set(declared[name].grantees):
                    others = members ^ set(declared[name].grantees)
                    wrong.append(f"{table}: the row access policy {name} differs in whom it is for: {_listed(others)}")
        return wrong

    def _policies(self, table: str) -> str:
        project, dataset, table_id = table.split(".")
        return f"/projects/{project}/datasets/{dataset}/tables/{table_id}/rowAccessPolicies"

    def _filters(self, table: str) -> dict[str, str]:
        """Return the filter of each row access policy of a table; none where there is no table yet."""
        try:
            # The client has no method for row access policies yet.
            answer = self._client._connection.api_request(method="GET", path=self._policies(table))
        except NotFound:
            return {}
        found = answer.get("rowAccessPolicies", [])
        return {policy["rowAccessPolicyReference"]["policyId"]: policy.get("filterPredicate", "") for policy in found}

    def _grantees(self, table: str, policy_id: str) -> set[str]:
        path = f"{self._policies(table)}/{policy_id}:getIamPolicy"
        answer = self._client._connection.api_request(method="POST", path=path, data={})
        return {member for binding in answer.get("bindings", []) for member in binding.get("members", [])}

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

    def differing_views(self, views: Sequence[tuple[CreateStatement, str]]) -> list[str]:
        """Return what is wrong with the views themselves, one line each: whatever they show is what is declared.

        :param views: the views of a dataset, and the SQL that creates them.
        """
        dataset = views[0][0].name.rpartition(".")[0]
        rows = run(self._client, statement("privacy/sql/view_definitions.sql", dataset=dataset))
        found = {row.table_name: row.view_definition for row in rows}
        declared = {create.table_id: _query_of(sql) for create, sql in views}
        wrong = [f"{dataset}.{name} is not there" for name in sorted(declared.keys() - found.keys())]
        wrong += [
            f"{dataset}.{name} is not the view that is declared: somebody has replaced it"
            for name in sorted(declared.keys() & found.keys())
            if _normal(found[name]) != _normal(declared[name])
        ]
        others = sorted({item.table_id for item in self._client.list_tables(dataset)} - declared.keys())
        return [*wrong, *(f"{dataset}.{name} is declared nowhere: drop it, or declare it" for name in others)]

    def undeclared_readers(self, admitted: Mapping[str, Iterable[str]]) -> dict[str, list[bigquery.AccessEntry]]:
        """Return the entries by which somebody reads a dataset whom nobody has declared; its owners are its own.

        :param admitted: principals who may read it, by ``project.dataset``.
        """
        found = {}
        for name, principals in admitted.items():
            try:
                entries = self._client.get_dataset(name).access_entries
            except NotFound:
                continue
            names = {principal.partition(":")[2].casefold() for principal in principals}
            if undeclared := [entry for entry in entries if _is_undeclared(entry, names)]:
                found[name] = undeclared
        return found

    def remove_readers(self, undeclared: Mapping[str, Sequence[bigquery.AccessEntry]]) -> None:
        """Take entries out of datasets.

        :param undeclared: what :meth:`undeclared_readers` returned.
        """
        for name, entries in undeclared.items():
            dataset = self._client.get_dataset(name)
            self._update(dataset, [entry for entry in dataset.access_entries if entry not in entries])


def describe_readers(undeclared: Mapping[str, Sequence[bigquery.AccessEntry]]) -> list[str]:
    """Return what :meth:`Access.undeclared_readers` found, one line each.

    :param undeclared: entries by ``project.dataset``.
    """
    return [
        f"{name} can be read by {entry.entity_id} ({entry.role}), whom nobody has declared"
        for name, entries in undeclared.items()
        for entry in entries
    ]


def _is_undeclared(entry: bigquery.AccessEntry, admitted: set[str]) -> bool:
    if entry.entity_type not in PRINCIPALS:
        return False  # a view or a routine
    name = str(entry.entity_id)
    if name in EVERYBODY:
        return True
    if entry.entity_type == "specialGroup":
        # Who owns or edits the project can change all of this anyway; whoever may look at it is nobody's reader.
        return name == "projectReaders"
    # An IAM member has its kind before the name.
    return entry.role not in OWNERS and name.rpartition(":")[2].casefold() not in admitted


def _query_of(sql: str) -> str:
    """Return the query of a statement that creates a view."""
    return sql.partition(") as\n")[2]


@lru_cache(maxsize=1000)
def _normal(sql: str) -> str:
    """Return SQL as it reads whatever its layout, comments and capitals."""
    try:
        return sqlglot.parse_one(sql, read="bigquery").sql("bigquery", comments=False).casefold()
    except SqlglotError:
        return " ".join(sql.split())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


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
