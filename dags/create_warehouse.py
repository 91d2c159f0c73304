"""
### Create the warehouse: datasets, tables and views

The head of the chain. Every day at 00:30 UTC it creates what is missing in all layers from `include/sql`, adds
columns that were added there, and so starts ingestion for the day that has just ended, and for those before it that
were missed while nothing ran. It never drops a column or a table. To land and build days anew, trigger it with
`{"start_date": "…", "end_date": "…"}`.

**When it fails** the log names the file, or the column whose type or absence differs from the warehouse. Correct the
SQL file, or change the table by hand (a type cannot be changed in place), then clear the task.

**Owner** marketing-data · **Writes** the schema of every dataset
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, chain
from martech.airflow_lines.schedules import daily
from martech.warehouse.operators import BigQueryScriptsOperator

from include.pipeline.assets import SCHEMA_ASSET
from include.pipeline.dag_defaults import WAREHOUSE, Tag, dag_arguments, layer_labels
from include.pipeline.day_chain import HEAD, choose_days, publish_days
from include.pipeline.layer_ddl import layer_files
from include.pipeline.settings import settings

with DAG(
    dag_id=HEAD,
    schedule=daily(settings.daily_schedule),
    doc_md=__doc__,
    **dag_arguments(Tag.DDL, Tag.EVERY_DAY),
):
    create_tables = BigQueryScriptsOperator(
        task_id="create_tables",
        **WAREHOUSE,
        datasets={layer.dataset: layer_labels(layer) for layer in settings.layers.values()},
        files=[file for layer in ("ops", "secrets", "bronze", "silver", "gold") for file in layer_files(layer)],
        sql_context=settings.sql_context,
        # Fivetran adds columns on its own; what the DDL does not name does no harm there.
        allow_extra_columns=[settings.layers["bronze"].dataset],
    )
    # The log of days is one of the tables.
    chain(create_tables, choose_days(), publish_days(SCHEMA_ASSET))
