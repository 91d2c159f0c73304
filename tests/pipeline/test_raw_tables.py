from __future__ import annotations

from dataclasses import replace

import pytest

from include.pipeline.layer_ddl import table_statement
from include.pipeline.raw_tables import raw_tables
from include.pipeline.sources import Source, load_sources


@pytest.mark.parametrize("source", load_sources().values(), ids=lambda source: source.name)
def test_raw_tables_agree_with_the_ddl(source: Source) -> None:
    for declared, table in zip(source.tables, raw_tables(source), strict=True):
        ddl = table_statement("bronze", table.name)
        assert table.partition_field == ddl.partition_field
        assert list(table.columns) == [column.name for column in ddl.columns]
        assert table.columns[table.loaded_at_field] == "TIMESTAMP"
        assert replace(table, columns={}) == declared
