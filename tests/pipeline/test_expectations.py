from __future__ import annotations

from datetime import timedelta

import pytest

from include.pipeline.expectations import source_expectations
from include.pipeline.layer_ddl import table_statement
from include.pipeline.sources import Source, load_sources


@pytest.mark.parametrize("source", load_sources().values(), ids=lambda source: source.name)
def test_expectations_agree_with_the_ddl(source: Source) -> None:
    for table, expectation in zip(source.tables, source_expectations(source), strict=True):
        ddl = table_statement("bronze", table.name)
        assert expectation.name == table.name
        assert expectation.partition_field == ddl.partition_field
        assert list(expectation.columns) == [column.name for column in ddl.columns]
        assert expectation.columns[table.loaded_at_field] == "TIMESTAMP"
        assert expectation.max_age == timedelta(hours=table.freshness_hours)
        assert expectation.sparse is (table.expect == "sparse")
