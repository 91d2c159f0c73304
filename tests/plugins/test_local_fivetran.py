"""The stand-in for Fivetran of the local stack, as our hook and the settings of the sources see it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from martech.ingestion.fivetran_hook import FivetranHook
from martech.ingestion.fivetran_sync import SyncWatch

from include.landing.declared_landings import connections
from include.landing.enabled_sources import enabled_sources, tells_deliveries
from include.pipeline.sources import load_sources
from tools.local.fivetran import FivetranServer, sample_settings
from tools.sample_sources.connectors import CONNECTIONS


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[FivetranServer]:
    """The stand-in, at which connection `fivetran_default` points."""
    server = FivetranServer()
    server.start()
    monkeypatch.setenv("AIRFLOW_CONN_FIVETRAN_DEFAULT", json.dumps(server.connection))
    yield server
    server.stop()


def test_a_sync_has_succeeded_when_it_is_looked_at_again(local: FivetranServer) -> None:
    hook, watch = FivetranHook(), SyncWatch("zendesk")
    assert watch.look(hook) is None
    assert watch.look(hook)
    assert hook.state("zendesk").schema == "zendesk"


def test_a_connection_can_be_broken(local: FivetranServer) -> None:
    local.facts["zendesk"]["setup_state"] = "broken"
    assert "is broken" in str(FivetranHook().state("zendesk").problem)
    assert FivetranHook().state("shopify").problem is None


def test_every_source_of_the_sample_is_connected_and_tells_its_deliveries(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sample_settings().items():
        monkeypatch.setenv(name, value)
    assert enabled_sources().keys() == load_sources().keys()
    assert all(tells_deliveries(source) for source in load_sources().values())
    assert {dataset for _, datasets in connections().values() for dataset in datasets} == {
        connection.dataset for connection in CONNECTIONS
    }
