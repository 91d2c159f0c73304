"""How long a million rows of a shop take from Fivetran's tables to bronze, and again when nothing is new."""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from martech.ingestion.landing_operator import LandRowsOperator

from include.landing.declared_landings import source_landing
from include.pipeline.settings import settings
from tools.bench.commands import create_tables, warehouse
from tools.bench.results import Results
from tools.local.report import warehouse_client

DATASET = "shop_of_the_benchmark"
# Rows of what is landed; refunds and tags are read besides, for every tenth order.
ROWS = {"customer": 100_000, "order": 300_000, "order_line": 600_000}
TABLES = {
    "customer": """
        select n as id, concat('person', n, '@example.com') as email, 'ENABLED' as state, n as orders_count,
            cast(n as float64) as total_spent, @synced as created_at, @synced as _fivetran_synced""",
    "order": """
        select n as id, n as number, mod(n, 100000) + 1 as customer_id, 'USD' as currency_code,
            'PAID' as display_financial_status, 'FULFILLED' as display_fulfillment_status,
            cast(n as float64) / 100 as total_price_set_shop_amount, false as test, @synced as created_at,
            @synced as _fivetran_synced""",
    "order_line": """
        select n as id, mod(n, 300000) + 1 as order_id, mod(n, 1000) as product_id, 2 as quantity,
            cast(n as float64) / 100 as original_unit_price_set_shop_amount, 0 as unfulfilled_quantity,
            @synced as _fivetran_synced""",
    "refund": """
        select n as id, n * 10 as order_id, 1.5 as total_refunded_set_shop_amount, @synced as _fivetran_synced""",
    "order_tag": """
        select n * 10 as order_id, 1 as index, 'gift' as value, @synced as _fivetran_synced""",
}
CONNECTION = {"conn_type": "google_cloud_platform", "extra": {"is_anonymous": True, "project": settings.project_id}}


def measure(arguments: argparse.Namespace, work: Path, results: Results) -> None:
    """Make the tables, land their day, and land it again."""
    os.environ["AIRFLOW_HOME"] = str(work)
    os.environ["AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT"] = json.dumps(CONNECTION)
    with warehouse() as url:
        create_tables(url)
        client = warehouse_client(url)
        client.query(f"create schema `{settings.project_id}.{DATASET}`").result()
        for table, select in TABLES.items():
            rows = ROWS.get(table, ROWS["order"] // 10)
            query = select.replace("@synced", f"timestamp '{arguments.end} 12:00:00'")
            client.query(
                f"create table `{settings.project_id}.{DATASET}.{table}` as {query} "
                f"from unnest(generate_array(1, {rows})) as n"
            ).result()
        task = LandRowsOperator(
            task_id="land_rows",
            landing=lambda: replace(source_landing("shopify"), datasets=(DATASET,)),
            dataset_id=settings.layers["bronze"].dataset,
            days=[arguments.end],
            project_id=settings.project_id,
            location=settings.location,
        )
        context = {"ti": SimpleNamespace(dag_id="bench", task_id="land_rows", run_id="bench", try_number=1)}
        began = time.monotonic()
        landed = sum(table["rows"] for table in task.execute(context).values())
        first = time.monotonic() - began
        began = time.monotonic()
        again = sum(table["rows"] for table in task.execute(context).values()) - landed
        results.add(
            "landing from Fivetran's tables of a shop",
            f"{landed:,} rows in {first:.0f} s ({landed / first:,.0f} rows/s); "
            f"again: {again} rows more, {time.monotonic() - began:.0f} s",
        )
