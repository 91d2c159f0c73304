"""Start the embedded warehouse: bqemulator, with its DuckDB extensions installed from their wheels.

Runs in ``.venv-emulator``. Arguments after the script name go to ``bqemulator start`` as they are::

    .venv-emulator/bin/python tools/emulator/serve.py --persistent --data-dir DIR --rest-port 9050

Gaps between bqemulator and BigQuery that would force the production SQL to change are closed here, and
only here; docs/emulator.md lists them.
"""

from __future__ import annotations

import sys
from importlib.resources import files

import duckdb
from bqemulator.catalog import ddl_sync
from bqemulator.cli import main
from bqemulator.sql.rewriter import create_table_schema_ctas
from sqlglot import exp

DUCKDB_EXTENSIONS = ("spatial", "icu")


def install_duckdb_extensions() -> None:
    """Install the extensions bqemulator loads from the wheels, since it would download them otherwise."""
    for name in DUCKDB_EXTENSIONS:
        package = files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}"
        duckdb.connect().execute(f"INSTALL '{package / f'{name}.duckdb_extension'}'")


def keep_partition_column_of_functions() -> None:
    """Let ``PARTITION BY DATE(ts)`` keep its column, so INFORMATION_SCHEMA.PARTITIONS lists its days.

    bqemulator 1.4.0 keeps the column of ``PARTITION BY d`` only; BigQuery keeps both.
    """
    plain_column = ddl_sync._ddl_partition_field

    def partition_field(properties: exp.Properties) -> str | None:
        for prop in properties.find_all(exp.PartitionedByProperty):
            if isinstance(prop.this, exp.Func) and (column := prop.this.find(exp.Identifier)):
                return column.name
        return plain_column(properties)

    ddl_sync._ddl_partition_field = partition_field


def accept_columns_before_query_in_parentheses() -> None:
    """Let ``CREATE TABLE t (a STRING) AS (SELECT …)`` pass, which dbt writes for every model with a contract.

    bqemulator 1.4.0 takes the column list only where the query stands without parentheses.
    """
    first_select = create_table_schema_ctas._first_select

    def first_select_inside(body: exp.Expression | None) -> exp.Select | None:
        return first_select(body.unnest() if isinstance(body, exp.Subquery) else body)

    create_table_schema_ctas._first_select = first_select_inside


if __name__ == "__main__":
    install_duckdb_extensions()
    keep_partition_column_of_functions()
    accept_columns_before_query_in_parentheses()
    main(["start", *sys.argv[1:]], prog_name="bqemulator")
