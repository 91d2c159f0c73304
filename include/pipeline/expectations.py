"""What the ingestion DAGs hand to the operators: each raw table's expectation, from sources.yml and its DDL."""

from __future__ import annotations

from datetime import timedelta

from martech.ingestion.partition_checks import TableExpectation

from include.pipeline.layer_ddl import table_statement
from include.pipeline.sources import RawTable, Source


def table_expectation(table: RawTable) -> TableExpectation:
    """Return what is expected of a raw table's partitions.

    :param table: an entry of sources.yml.
    :raises DdlError: where ``include/sql/bronze/<table>.sql`` is missing or cannot be read.
    """
    columns = table_statement("bronze", table.name).columns
    return TableExpectation(
        name=table.name,
        columns={column.name: column.data_type for column in columns},
        partition_field=table.partition_field,
        loaded_at_field=table.loaded_at_field,
        max_age=timedelta(hours=table.freshness_hours),
        volume_band=table.volume_band,
        sparse=table.expect == "sparse",
    )


def source_expectations(source: Source) -> list[TableExpectation]:
    """Return the expectations of all raw tables of a source, in the order of sources.yml.

    :param source: an entry of sources.yml.
    """
    return [table_expectation(table) for table in source.tables]
