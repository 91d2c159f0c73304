"""A small shop in the embedded warehouse: a raw table with five weeks of history, its target, and the ops tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.alerts.severity import Severity
from martech.quality.client import QualityClient
from martech.quality.operators import CheckTablesOperator
from martech.quality.quarantine_client import QuarantineClient
from martech.quality.results import QualityResult
from martech.quality.tables import CHECKS, QualityTable, Reference
from martech.warehouse.ddl import render

from include.pipeline.layer_ddl import layer_files
from include.pipeline.settings import settings

PROJECT = "nexvigilant-marketing-prod"
DAY = date(2026, 11, 23)
HISTORY = 35
ROWS = 120
COLUMNS = {
    "id": "INT64",
    "event_date": "DATE",
    "customer_id": "INT64",
    "status": "STRING",
    "amount": "NUMERIC",
    "details": "JSON",
    "_fivetran_synced": "TIMESTAMP",
}
numbers = count(1)


@dataclass(frozen=True)
class Shop:
    """A dataset that belongs to one test."""

    client: bigquery.Client
    dataset: str

    def table(self, name: str) -> str:
        """Return the full name of a table."""
        return f"{PROJECT}.{self.dataset}.{name}"

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Run a statement, in which `{name}` stands for a table, and return its rows."""
        sql = re.sub(r"\{([a-z_]+)\}", lambda found: f"`{self.table(found[1])}`", sql)
        return [dict(row) for row in self.client.query(sql).result()]

    def land(self, days: list[date], rows: int = ROWS) -> None:
        """Land orders of some days: a third of each status, amounts from 1 to 50, 40 customers."""
        listed = ", ".join(f"date '{day}'" for day in days)
        self.query(f"""
            insert into {{orders}} (id, event_date, customer_id, status, amount, details, _fivetran_synced)
            select
                n,
                day,
                mod(n, 40),
                case mod(n, 3) when 0 then 'paid' when 1 then 'open' else 'sent' end,
                cast(1 + mod(n * 7, 50) as numeric),
                parse_json('{{"gift": true}}'),
                timestamp_add(cast(day as timestamp), interval 20 hour)
            from unnest([{listed}]) as day cross join unnest(generate_array(1, {rows})) as n
        """)


@pytest.fixture(scope="session")
def client(warehouse_url: str) -> bigquery.Client:
    return bigquery.Client(PROJECT, credentials=AnonymousCredentials(), location="US")


@pytest.fixture(autouse=True)
def day_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the day after DAY, whenever the tests run."""
    for class_ in (CheckTablesOperator, QuarantineClient):
        monkeypatch.setattr(class_, "_today", staticmethod(lambda: DAY + timedelta(days=1)))


@pytest.fixture
def empty_shop(client: bigquery.Client) -> Shop:
    """Tables without rows."""
    shop = Shop(client, f"quality_test_{next(numbers)}")
    shop.query(f"create schema `{PROJECT}.{shop.dataset}`")
    definitions = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    # Nullable, as Fivetran makes them.
    shop.query(f"create table {{orders}} ({definitions}) partition by event_date")
    shop.query("create table {customers} (id int64)")
    shop.query("insert into {customers} select n from unnest(generate_array(0, 39)) as n")
    for file in layer_files("ops"):
        if file.stem.startswith(("qua", "dbt", "activation_measures", "column_profiles")):
            shop.query(render(file, {**settings.sql_context, "ops_dataset": shop.dataset}))
    return shop


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    """Five weeks in which nothing is wrong, DAY included."""
    empty_shop.land([DAY - timedelta(days=ago) for ago in range(HISTORY + 1)])
    return empty_shop


@pytest.fixture
def quality(client: bigquery.Client) -> QualityClient:
    return QualityClient(project_id=PROJECT, location="US")


@pytest.fixture
def orders(empty_shop: Shop) -> QualityTable:
    """What is expected of the orders: every check is on and an error."""
    return QualityTable(
        layer="bronze",
        dataset_id=empty_shop.dataset,
        name="orders",
        columns=COLUMNS,
        partition_field="event_date",
        expect="daily",
        loaded_at_field="_fivetran_synced",
        critical={"id": 0.0, "amount": 0.05},
        references=(Reference("customer_id", empty_shop.table("customers"), "id", 0.01),),
        drift=("status", "amount"),
        severity=dict.fromkeys(CHECKS, Severity.ERROR),
        history_days=90,
    )


@pytest.fixture
def built(orders: QualityTable) -> QualityTable:
    """The same table as one of silver: no landing times."""
    return replace(orders, layer="silver", loaded_at_field=None)


@pytest.fixture
def context() -> dict[str, Any]:
    task = SimpleNamespace(dag_id="check_quality", task_id="check_tables", run_id="run 1", try_number=1)
    return {"ti": task, "task_instance": task, "params": {}}


def result(**facts: Any) -> QualityResult:
    """Return a result of which only some facts matter."""
    defaults = {
        "layer": "silver",
        "table": "staging.unified_sessions",
        "day": DAY,
        "check": "partition_gap",
        "severity": "error",
        "passed": False,
        "observed": "0 rows",
        "expected": "at least 1 row",
        "message": "it is missing",
    }
    return QualityResult(**{**defaults, **facts})
