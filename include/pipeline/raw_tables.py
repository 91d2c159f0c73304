"""The raw tables of a source: what sources.yml and their DDL declare of them."""

from __future__ import annotations

from dataclasses import replace

from martech.ingestion.raw_table import RawTable

from include.pipeline.layer_ddl import table_statement
from include.pipeline.sources import Source


def with_columns(table: RawTable) -> RawTable:
    """Return a raw table with the columns of its DDL.

    :param table: an entry of sources.yml.
    :raises DdlError: where ``include/sql/bronze/<table>.sql`` is missing or cannot be read.
    """
    columns = table_statement("bronze", table.name).columns
    return replace(table, columns={column.name: column.data_type for column in columns})


def raw_tables(source: Source) -> list[RawTable]:
    """Return all raw tables of a source with their columns, in the order of sources.yml.

    :param source: an entry of sources.yml.
    """
    return [with_columns(table) for table in source.tables]
