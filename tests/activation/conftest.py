"""A warehouse with the tables that the syncs read and write, and the destinations on free ports."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.activation.hooks.braze import BrazeHook
from martech.activation.operators import PlanSyncOperator, ReportSyncOperator, SendChangesOperator
from martech.activation.sync import Sync

from include.activation.declared_syncs import load_syncs
from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import settings
from tests.activation.warehouse import TaskInstance, Warehouse, table
from tools.destinations.braze import BrazeServer
from tools.destinations.google_data_manager import GoogleDataManagerServer
from tools.destinations.salesforce import SalesforceServer
from tools.destinations.server import DestinationServer
from tools.destinations.slack import SlackServer
from tools.destinations.webhook import WebhookServer


@pytest.fixture(scope="session")
def bigquery_client(warehouse_url: str) -> bigquery.Client:
    """Return a client with the datasets and the ops tables made."""
    client = bigquery.Client(settings.project_id, credentials=AnonymousCredentials())
    for layer in settings.layers.values():
        client.create_dataset(f"{settings.project_id}.{layer.dataset}", exists_ok=True)
    for script in layer_scripts("ops"):
        if script.path.name.startswith(("activation_", "day_log", "erasure_identifiers", "leases")):
            client.query(script.sql).result()
    return client


@pytest.fixture
def warehouse(bigquery_client: bigquery.Client) -> Warehouse:
    """Return the warehouse with empty ops tables."""
    warehouse = Warehouse(bigquery_client)
    warehouse.empty_ops_tables()
    return warehouse


def _started(server: DestinationServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[DestinationServer]:
    monkeypatch.setenv(f"AIRFLOW_CONN_{server.name.upper()}_DEFAULT", json.dumps(server.connection()))
    with server:
        yield server


@pytest.fixture
def salesforce(monkeypatch: pytest.MonkeyPatch) -> Iterator[SalesforceServer]:
    """Serve a Salesforce org and point ``salesforce_default`` at it."""
    yield from _started(SalesforceServer(), monkeypatch)


@pytest.fixture(autouse=True)
def _no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the second run of a test follow the first at once; the local Braze applies requests in their order."""
    monkeypatch.setattr(BrazeHook, "settling_seconds", 0.0)


@pytest.fixture
def braze(monkeypatch: pytest.MonkeyPatch) -> Iterator[BrazeServer]:
    """Serve a Braze workspace and point ``braze_default`` at it."""
    yield from _started(BrazeServer(), monkeypatch)


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleDataManagerServer]:
    """Serve the Data Manager API and point ``google_data_manager_default`` at it."""
    yield from _started(GoogleDataManagerServer(), monkeypatch)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    """Serve a Slack workspace without a rate limit and point ``slack_default`` at it."""
    server = SlackServer()
    server.seconds_per_message = 0.0
    yield from _started(server, monkeypatch)


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookServer]:
    """Serve a receiver of webhooks and point ``webhook_default`` at it."""
    yield from _started(WebhookServer(), monkeypatch)


@pytest.fixture
def sync() -> Callable[..., Sync]:
    """Return a function that returns a declared sync, with some fields replaced."""

    def declared(name: str, **changes: Any) -> Sync:
        found = next(sync for sync in load_syncs() if sync.name.startswith(name))
        limits = replace(found.limits, **changes.pop("limits", {}))
        return replace(found, limits=limits, **changes)

    return declared


@pytest.fixture
def run_tasks() -> Callable[..., dict[str, int]]:
    """Return a function that runs the three tasks of a sync's DAG with params and returns the counts of the report."""
    options = dict.fromkeys(("dry_run", "full_resync", "retry_dead_letters", "confirm_removals"), False)

    def run(declared: Sync, **params: Any) -> dict[str, int]:
        context: Any = {"params": options | params, "run_id": TaskInstance.run_id, "ti": TaskInstance()}
        names = [sync.name for sync in load_syncs()]
        common: dict[str, Any] = {"sync": declared, "table": table, "project_id": settings.project_id}
        plan_sync = PlanSyncOperator(task_id="plan_sync", declared=names, **common)
        context["ti"].plan_id = plan_sync.execute(context)
        if not params.get("dry_run"):
            SendChangesOperator(task_id="send_changes", **common).execute(context)
        return ReportSyncOperator(task_id="report_sync", declared=names, **common).execute(context)

    return run
