"""
### Ingest {source}: wait for the day's raw data and check it

{description} One of these DAGs per source that is on (`MARKETING_SOURCES`), made from
`include/dbt/models/sources.yml`. It asks Fivetran for a sync and waits until it has succeeded (where a connection is
configured), or waits for the day's table (of an export), lands what the connector delivered (`include/landing`, where
its datasets are named), waits for every table's partition of the day (where no connector says that it has delivered),
moves rows that silver cannot use to `ops.quarantined_rows` (no key, a day in the future, beyond a declared range), and
checks freshness (against the end of the day), row count (against the same weekday of the weeks before) and schema. No
wait holds a worker. Results are kept in `ops.partition_checks`. A day that almost no rows have, or that has landed
twice, stops the chain; other volumes warn.

**When it fails** the log of `sync_source` says what is wrong with the connection in Fivetran, that of
`wait_for_export` which day's table has not come; the log of `land_rows` names each table or column of the connector
that is missing or of another type; the log of `wait_for_partitions` names each table and day that has not landed.
The log of `check_partitions` names each table that is stale, almost empty, landed twice or of another schema, with the
fix; to build on such a day as it is, trigger with `{{"accept_checks": {{"who": "…", "why": "…"}}}}` and the day.
The other tables are landed and checked all the same, and nothing that has landed is lost: clear the task once the
cause is gone, or wait: the next run, by the clock, takes the day again. Silver builds a day as soon as all sources that
are on have published it. A day that gets rows later is taken again by itself (`choose_days`), and to land a day anew,
clear its run or backfill it: exactly its days are then built anew in silver and gold.

**Owner** {owner} · **Reads** bronze: {tables}
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from airflow.providers.common.compat.sdk import DAG, chain
from martech.airflow_lines.schedules import wake_on_any
from martech.ingestion.export_sensor import ExportSensor
from martech.ingestion.fivetran_sync import FivetranSyncOperator
from martech.ingestion.landing_operator import LandRowsOperator
from martech.ingestion.operators import BigQueryPartitionCheckOperator
from martech.ingestion.partition_sensor import GRACE, BigQueryPartitionsSensor
from martech.quality.quarantine_operators import QuarantineRowsOperator

from include.landing.declared_landings import source_landing
from include.landing.enabled_sources import enabled_sources, is_exported_by_day
from include.pipeline.alert_channels import send_alert
from include.pipeline.assets import SCHEMA_ASSET, source_asset
from include.pipeline.dag_defaults import WAREHOUSE, WINDOW_PARAMS, Tag, accept_param, dag_arguments
from include.pipeline.day_chain import choose_days, publish_days
from include.pipeline.raw_tables import raw_tables
from include.pipeline.settings import settings
from include.pipeline.sources import Source
from include.quality.declared_checks import raw_rules
from include.quality.declared_volume import load_volume_rules

DELIVERED = "ti.xcom_pull(task_ids='sync_source') or ti.xcom_pull(task_ids='wait_for_export')"
PARAMS = {**WINDOW_PARAMS, "accept_checks": accept_param("Build on these days whatever the checks find")}

assert __doc__ is not None  # noqa: S101 - every DAG's text is filled in from it


def ingest_source(source: Source) -> DAG:
    """Return the DAG that lands one source."""
    names = ", ".join(f"`{table.name}`" for table in source.tables)
    partitions: dict[str, Any] = {
        **WAREHOUSE,
        "dataset_id": settings.layers["bronze"].dataset,
        "tables": raw_tables(source),
        "days": "{{ window_days() }}",
        "delivered": f"{{{{ {DELIVERED} or '' }}}}",
    }
    # Airflow 2 ends a wait at the task's limit, with a message that names no table.
    patience: dict[str, Any] = {
        "poke_interval": settings.landing_poll.total_seconds(),
        "timeout": settings.landing_timeout.total_seconds(),
        "execution_timeout": settings.landing_timeout + 2 * GRACE,
    }
    dag = DAG(
        dag_id=f"ingest_{source.name}",
        schedule=wake_on_any(SCHEMA_ASSET, wake=settings.wake_schedule),
        doc_md=__doc__.format(source=source.name, description=source.description, owner=source.owner, tables=names),
        **dag_arguments(Tag.BRONZE, Tag.ON_ASSETS, params=PARAMS),
    )
    with dag:
        sync_source = FivetranSyncOperator(
            task_id="sync_source",
            connection_id=os.environ.get(source.fivetran_connection_env),
            wait_timeout=settings.landing_timeout,
            execution_timeout=settings.landing_timeout + 2 * GRACE,
        )
        land_rows = LandRowsOperator(
            task_id="land_rows",
            landing=partial(source_landing, source.name),
            dataset_id=settings.layers["bronze"].dataset,
            days="{{ window_days() }}",
            keep_days=settings.layers["bronze"].retention_days,
            results_table=settings.table("ops", "partition_checks"),
            **WAREHOUSE,
        )
        wait_for_partitions = BigQueryPartitionsSensor(
            task_id="wait_for_partitions",
            deferrable=True,
            **patience,
            **{**partitions, "delivered": f"{{{{ {DELIVERED} or params.accept_checks or '' }}}}"},
        )
        quarantine_rows = QuarantineRowsOperator(
            task_id="quarantine_rows",
            load_tables=partial(raw_rules, source.name),
            days="{{ window_days() }}",
            quarantine_table=settings.table("ops", "quarantined_rows"),
            alert=send_alert,
            **WAREHOUSE,
        )
        check_partitions = BigQueryPartitionCheckOperator(
            task_id="check_partitions",
            results_table=settings.table("ops", "partition_checks"),
            load_rules=load_volume_rules,
            accept="{{ params.accept_checks or '' }}",
            alert=send_alert,
            **partitions,
        )
        delivery: list[Any] = [sync_source]
        if is_exported_by_day(source):
            wait_for_export = ExportSensor(
                task_id="wait_for_export",
                landing=partial(source_landing, source.name),
                days="{{ window_days() }}",
                mode="reschedule",
                **patience,
                **WAREHOUSE,
            )
            delivery.append(wait_for_export)
        chain(
            choose_days(source),
            *delivery,
            land_rows,
            wait_for_partitions,
            quarantine_rows,
            check_partitions,
            publish_days(source_asset(source.name), source),
        )
    return dag


for declared_source in enabled_sources().values():
    globals()[f"ingest_{declared_source.name}"] = ingest_source(declared_source)
