"""Limits of BigQuery's DDL, read off the resolved statement and the job."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message
from googlesql.changes import options_of
from googlesql.shapes import Shape
from googlesql.tree import get, kind, leaf
from googlesql.types import type_text

Tables = Callable[[str], Shape | None]
OPTIONS = {
    "TABLE": {
        "expiration_timestamp", "partition_expiration_days", "require_partition_filter", "kms_key_name",
        "friendly_name", "description", "labels", "default_rounding_mode", "enable_change_history", "max_staleness",
        "enable_fine_grained_mutations", "storage_uri", "file_format", "table_format", "tags",
    },
    "VIEW": {"expiration_timestamp", "friendly_name", "description", "labels", "privacy_policy", "tags"},
    "MATERIALIZED VIEW": {
        "enable_refresh", "refresh_interval_minutes", "expiration_timestamp", "max_staleness",
        "allow_non_incremental_definition", "kms_key_name", "friendly_name", "description", "labels", "tags",
    },
    "SCHEMA": {
        "default_kms_key_name", "default_partition_expiration_days", "default_rounding_mode",
        "default_table_expiration_days", "description", "failover_reservation", "friendly_name", "is_case_insensitive",
        "is_primary", "labels", "location", "max_time_travel_hours", "primary_replica", "storage_billing_model", "tags",
    },
}  # fmt: skip
COLUMN_OPTIONS = {"description", "rounding_mode", "data_policies", "policy_tags"}
KINDS = {
    "ResolvedCreateTableStmt": "TABLE",
    "ResolvedCreateTableAsSelectStmt": "TABLE",
    "ResolvedAlterTableSetOptionsStmt": "TABLE",
    "ResolvedCreateViewStmt": "VIEW",
    "ResolvedCreateMaterializedViewStmt": "MATERIALIZED VIEW",
    "ResolvedCreateSchemaStmt": "SCHEMA",
}
CLUSTERABLE = {
    "BIGNUMERIC", "BOOL", "DATE", "DATETIME", "GEOGRAPHY", "INT64", "NUMERIC", "STRING", "TIMESTAMP",
}  # fmt: skip
PARTITION_TYPES = {"DATE"}
# What may be done to a column of each type to get a partition.
PARTITION_FUNCTIONS = {
    "date": {"TIMESTAMP", "DATETIME"},
    "date_trunc": {"DATE"},
    "datetime_trunc": {"DATETIME"},
    "timestamp_trunc": {"TIMESTAMP"},
    "range_bucket": {"INT64"},
}
PARTITION_ERROR = (
    "PARTITION BY expression must be DATE(<timestamp_column>), DATE(<datetime_column>), DATE_TRUNC(<date_column>, "
    "MONTH/YEAR), TIMESTAMP_TRUNC(<timestamp_column>, DAY/HOUR/MONTH/YEAR), DATETIME_TRUNC(<datetime_column>, "
    "DAY/HOUR/MONTH/YEAR), a DATE column, or RANGE_BUCKET(<int64_column>, GENERATE_ARRAY(<int64_value>, <int64_value>"
    "[, <int64_value>]))"
)
MAXIMUM_CLUSTERING_COLUMNS = 4
MAXIMUM_DESCRIPTION = 16_384
MAXIMUM_COLUMN_DESCRIPTION = 1_024
MAXIMUM_QUERY_CHARACTERS = 1_024_000
MAXIMUM_PARAMETERS = 10_000
MAXIMUM_LABELS = 64
LABEL_KEY = re.compile(r"[^\W\d_A-Z][\w-]{0,62}|[^\W\d_A-Z]")
LABEL_VALUE = re.compile(r"[\w-]{0,63}")


def options(statement: Message, _: Tables) -> Iterator[str]:
    """An object has the options that BigQuery knows, with texts that are not too long and labels that are labels."""
    named = KINDS.get(kind(statement))
    if named is None:
        return
    for name, value in options_of(statement):
        if name not in OPTIONS[named]:
            yield f"Unknown option: {name}"
        elif name == "description" and value and len(value.string_value) > MAXIMUM_DESCRIPTION:
            yield f"The description for {named.lower()} is too long. The maximum length is {MAXIMUM_DESCRIPTION}."
        elif name == "labels" and value:
            pairs = [[part.string_value for part in e.struct_value.field] for e in value.array_value.element]
            yield from labels(dict(pairs))
    for column in get(statement, "column_definition_list") or ():
        yield from _column_options(column.name, column.annotations)


def _column_options(name: str, annotations: Message) -> Iterator[str]:
    for option, value in options_of(annotations):
        if option not in COLUMN_OPTIONS:
            yield f"Unknown option: {option}"
        elif option == "description" and value and len(value.string_value) > MAXIMUM_COLUMN_DESCRIPTION:
            yield (
                f"The description for field {name} is too long. The maximum length is {MAXIMUM_COLUMN_DESCRIPTION} "
                "characters."
            )
    for child in annotations.child_list:
        yield from _column_options(name, child)


def labels(of: Mapping[str, str]) -> Iterator[str]:
    """Labels are short, in lower case, and few.

    :param of: value by key.
    """
    if len(of) > MAXIMUM_LABELS:
        yield f"Too many labels: {len(of)}. The maximum is {MAXIMUM_LABELS}."
    for key, value in of.items():
        if not LABEL_KEY.fullmatch(key) or key != key.lower():
            yield f'Label key "{key}" has invalid characters.'
        if not LABEL_VALUE.fullmatch(value) or value != value.lower():
            yield f'Label value "{value}" has invalid characters.'


def layout(statement: Message, _: Tables) -> Iterator[str]:
    """A table is partitioned by a column of time or a range of integers, and clustered by four columns at most."""
    for expression in get(statement, "partition_by_list") or ():
        node = leaf(expression)
        if not _partitions(node):
            yield PARTITION_ERROR
    clustering = get(statement, "cluster_by_list") or ()
    if len(clustering) > MAXIMUM_CLUSTERING_COLUMNS:
        yield f"The number of CLUSTER BY columns is {len(clustering)}, the maximum is {MAXIMUM_CLUSTERING_COLUMNS}."
    for expression in clustering:
        node = leaf(expression)
        if kind(node) != "ResolvedColumnRef":
            yield "CLUSTER BY expression must be a top-level column"
        elif (made := type_text(get(node, "type"))) not in CLUSTERABLE:
            yield f"CLUSTER BY expression {node.column.name} has type {made}, which is not supported for clustering"


def _partitions(node: Message) -> bool:
    if kind(node) == "ResolvedColumnRef":
        return type_text(get(node, "type")) in PARTITION_TYPES or node.column.name.upper() == "_PARTITIONDATE"
    if kind(node) not in ("ResolvedFunctionCall", "ResolvedCast"):
        return False
    arguments: Sequence[Message] = [node.expr] if kind(node) == "ResolvedCast" else get(node, "argument_list")
    first = leaf(arguments[0])
    name = "date" if kind(node) == "ResolvedCast" else get(node, "function").name.split(":")[-1].lower()
    return kind(first) == "ResolvedColumnRef" and type_text(get(first, "type")) in PARTITION_FUNCTIONS.get(name, set())


def job(sql: str, parameters: Sequence[Any]) -> Iterator[str]:
    """A job's text and parameters keep to BigQuery's quotas.

    :param sql: the job's text.
    :param parameters: its query parameters.
    """
    if len(sql) > MAXIMUM_QUERY_CHARACTERS:
        yield (
            f"The query is too large. The maximum standard SQL query length is {MAXIMUM_QUERY_CHARACTERS / 1000:.2f}K "
            "characters, including comments and white space characters."
        )
    if len(parameters) > MAXIMUM_PARAMETERS:
        yield f"Too many query parameters: {len(parameters)}. The maximum is {MAXIMUM_PARAMETERS}."


DDL_RULES = (options, layout)
