"""`make doctor` names what ingestion could not pass, before the first run, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from include.landing import declared_landings
from include.pipeline.settings import settings
from tests.landing.conftest import BRONZE, Warehouse
from tests.landing.connectors import GA4_EVENTS
from tests.plugins.fivetran_server import serve_fivetran
from tools.doctor import examine
from tools.local.fivetran import connection

OBJECTS = ("account", "contact", "lead", "opportunity")
TIME = "TIMESTAMP"
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture
def doctor(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, list[str]]]]:
    """Examine sources with their datasets: the exit code, and the lines by source."""

    def run(**variables: str) -> tuple[int, dict[str, list[str]]]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        declared_landings.source_landing.cache_clear()
        code = examine.main()
        found: dict[str, list[str]] = {}
        source = ""
        for line in capsys.readouterr().out.splitlines()[1:-2]:
            source = line.split()[0] if not line.startswith(" ") else source
            found.setdefault(source, []).append(" ".join(line.split()))
        return code, found

    monkeypatch.setattr(examine, "settings", _of_project(warehouse.client.project))
    yield run
    declared_landings.source_landing.cache_clear()


def _of_project(project: str) -> object:
    return replace(settings, project_id=project)


def make_salesforce(warehouse: Warehouse, dataset: str) -> None:
    """Create a connection with all tables and the columns without which no row can land."""
    warehouse.connectors.make_dataset(dataset)
    for name in OBJECTS:
        warehouse.connectors.make_table(dataset, name, {"id": "STRING", "_fivetran_synced": TIME})


def text(lines: list[str]) -> str:
    return " ".join(lines)


def test_what_can_land_is_no_error(warehouse: Warehouse, doctor: Callable) -> None:
    make_salesforce(warehouse, "doctor_good")
    code, found = doctor(MARKETING_LANDING_SALESFORCE="doctor_good")
    assert code == 0
    assert found["shopify"] == ["shopify ok off"]
    assert "which land as NULL: select them there if you want them" in text(found["salesforce"])
    assert "doctor_good ok 4 tables, last written" in text(found["salesforce"])


BROKEN = {
    "missing table": ("drop table `{0}.account`", "has no table account, which fivetran delivers. Select the table"),
    "missing key": ("alter table `{0}.account` drop column id", "account has no column id, without which no row can"),
    "other type": (
        "alter table `{0}.account` add column is_deleted timestamp",
        "column is_deleted is TIMESTAMP, which cannot be read as BOOL. Correct the type in the connector",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_a_connector_lacks_is_an_error_with_a_remedy(warehouse: Warehouse, doctor: Callable, case: str) -> None:
    change, message = BROKEN[case]
    dataset = "doctor_" + case.replace(" ", "_")
    make_salesforce(warehouse, dataset)
    warehouse.query(change.format(f"{warehouse.client.project}.{dataset}"))
    code, found = doctor(MARKETING_LANDING_SALESFORCE=dataset)
    assert code == 1
    assert f"{BRONZE}.salesforce_accounts error" in text(found["salesforce"])
    assert message in text(found["salesforce"])
    assert f"{BRONZE}.salesforce_contacts error" not in text(found["salesforce"])


def test_a_missing_dataset_is_an_error(doctor: Callable) -> None:
    code, found = doctor(MARKETING_LANDING_ZENDESK="doctor_nowhere")
    assert code == 1
    assert "There is no dataset doctor_nowhere" in text(found["zendesk"])
    assert "MARKETING_LANDING_ZENDESK names" in text(found["zendesk"])


def test_a_dataset_without_the_tables_is_an_error(warehouse: Warehouse, doctor: Callable) -> None:
    warehouse.connectors.make_dataset("doctor_empty")
    code, found = doctor(MARKETING_LANDING_ZENDESK="doctor_empty")
    assert code == 1
    assert "doctor_empty error It has none of the tables that land" in text(found["zendesk"])


def test_the_export_may_be_a_day_behind(warehouse: Warehouse, doctor: Callable) -> None:
    warehouse.connectors.make_dataset("doctor_analytics")
    warehouse.connectors.make_table("doctor_analytics", f"events_{YESTERDAY - timedelta(days=1):%Y%m%d}", GA4_EVENTS)
    code, found = doctor(MARKETING_LANDING_GA4="doctor_analytics")
    assert code == 0, found
    assert f"{BRONZE}.ga360_hits" in text(found["ga360"])
    assert "doctor_analytics ok" in text(found["firebase"])


def test_a_bronze_table_that_is_not_there_or_of_another_shape_is_an_error(
    make_warehouse: Callable[[], Warehouse], monkeypatch: pytest.MonkeyPatch, doctor: Callable
) -> None:
    other = make_warehouse()
    monkeypatch.setattr(examine, "settings", _of_project(other.client.project))
    other.query("drop table zendesk_users")
    other.query("alter table zendesk_tickets drop column status")
    code, found = doctor(MARKETING_SOURCES="zendesk")
    assert code == 1
    assert f"{BRONZE}.zendesk_users error The bronze table does not exist: run the DAG create_warehouse." in text(
        found["zendesk"]
    )
    assert f"{BRONZE}.zendesk_tickets: column status is missing." in text(found["zendesk"])


def test_a_project_without_bronze_is_an_error(
    monkeypatch: pytest.MonkeyPatch, doctor: Callable[..., tuple[int, dict[str, list[str]]]]
) -> None:
    monkeypatch.setattr(examine, "settings", _of_project("nothing-is-here"))
    code, found = doctor(MARKETING_SOURCES="zendesk")
    assert code == 1
    assert "run the DAG that creates the tables" in text(found["bronze"])
    assert "zendesk_users error The bronze table does not exist" in text(found["zendesk"])


CONNECTIONS = {
    "broken": ({"setup_state": "broken"}, "error Fivetran connection warm_goose is broken"),
    "other dataset": ({"schema": "elsewhere"}, "error It writes to dataset elsewhere, and doctor_state lands"),
    "never synced": ({"schema": "doctor_state", "succeeded_at": None}, "warning It has never synced"),
    "in order": ({"schema": "doctor_state"}, "ok connected, scheduled, last success 2026-11-22 00:10 UTC"),
}


@pytest.fixture(scope="module")
def state_dataset(warehouse: Warehouse) -> str:
    make_salesforce(warehouse, "doctor_state")
    return "doctor_state"


@pytest.mark.parametrize("case", CONNECTIONS)
def test_the_connections_state_is_told(
    state_dataset: str, monkeypatch: pytest.MonkeyPatch, doctor: Callable, case: str
) -> None:
    facts, message = CONNECTIONS[case]
    with serve_fivetran() as server:
        server.states = [connection(**facts)]
        host = {"conn_type": "http", "host": f"http://127.0.0.1:{server.port}", "login": "key", "password": "s3cret"}
        monkeypatch.setenv(examine.FIVETRAN, json.dumps(host))
        code, found = doctor(MARKETING_LANDING_SALESFORCE=state_dataset, FIVETRAN_CONNECTOR_SALESFORCE="warm_goose")
    assert f"connection warm_goose {message}" in text(found["salesforce"])
    assert code == (1 if " error " in f" {message}" else 0)


def test_a_connection_that_cannot_be_asked_about_is_told(doctor: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(examine.FIVETRAN, raising=False)
    _, found = doctor(MARKETING_SOURCES="braze", FIVETRAN_CONNECTOR_BRAZE="cold_duck")
    assert "connection cold_duck warning Not asked: set AIRFLOW_CONN_FIVETRAN_DEFAULT" in text(found["braze"])


def test_an_unknown_source_is_told_without_a_traceback(
    doctor: Callable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MARKETING_SOURCES", "hubspot")
    assert examine.main() == 1
    assert "MARKETING_SOURCES names hubspot" in capsys.readouterr().err
