"""The whole project compiles for the production target, first run and increment, on a BigQuery that runs nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import DbtWarehouse
from tests.dbt_project import manifest_of, run_dbt


class _Tokens(BaseHTTPRequestHandler):
    """Google's token endpoint, which gives a token to whoever asks."""

    def do_POST(self) -> None:
        body = json.dumps({"access_token": "opens-nothing", "expires_in": 3600, "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A service account's key, which opens nothing, and a token endpoint here: target `prod` asks for both."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tokens)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": settings.project_id,
        "private_key_id": "none",
        "private_key": key.decode(),
        "client_email": f"pipeline@{settings.project_id}.iam.gserviceaccount.com",
        "token_uri": f"http://127.0.0.1:{server.server_port}/token",
    }
    file = tmp_path_factory.mktemp("credentials") / "key.json"
    file.write_text(json.dumps(account))
    yield file
    server.shutdown()


@pytest.fixture(scope="module")
def compiling(
    serve_warehouse: Callable[..., AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DbtWarehouse]:
    """A warehouse that compiles statements and runs none, with every table that ``create_warehouse`` makes."""
    with serve_warehouse(googlesql="compile") as url:
        warehouse = DbtWarehouse(settings.project_id, url, tmp_path_factory.mktemp("production"))
        warehouse.create_datasets()
        for layer in ("bronze", "ops", "secrets"):
            warehouse.create_layer(layer)
        yield warehouse


def build(warehouse: DbtWarehouse, credentials: Path, day: date) -> dict[str, str]:
    """Build everything for a day with target `prod`, and return what became of each node."""
    environment = {
        "DBT_TARGET": "prod",
        "BIGQUERY_EMULATOR_HOST": warehouse.url,
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials),
        "MARKETING_START_DATE": day.isoformat(),
        "MARKETING_END_DATE": day.isoformat(),
    }
    # Unit tests run on rows: tests/dbt/test_unit_tests.py has them.
    command = ("build", "--exclude-resource-type", "unit_test", "--threads", "2", "--no-write-json")
    manifest = manifest_of(warehouse.project)
    results, _ = run_dbt(*command, work=warehouse.work, environment=environment, manifest=manifest)
    return {result.node.unique_id: str(result.status) for result in results}


def test_first_run_and_increment_compile_for_production(compiling: DbtWarehouse, credentials: Path) -> None:
    first = build(compiling, credentials, date(2026, 11, 20))
    manifest = load_manifest(compiling.manifest)
    models = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    built = {name for name, node in models.items() if node["config"]["materialized"] != "ephemeral"}
    assert built <= {name for name, status in first.items() if status == "success"}
    assert set(first.values()) <= {"success", "pass", "no-op"}
    # The tables are there now: incremental models take their other branch.
    assert build(compiling, credentials, date(2026, 11, 21)) == first


def test_what_does_not_compile_fails(compiling: DbtWarehouse) -> None:
    with pytest.raises(Exception, match="Unrecognized name: missing"):
        compiling.query("select missing")
