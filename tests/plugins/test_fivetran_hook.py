from __future__ import annotations

import base64

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from martech.ingestion.fivetran_hook import FivetranHook

from tests.plugins.fivetran_server import FivetranServer


def test_sync_is_asked_for_as_fivetran_documents_it(fivetran: FivetranServer) -> None:
    assert FivetranHook().sync("warm_goose") == "Success: /v1/connections/warm_goose/sync"
    (request,) = fivetran.requests
    assert request["path"] == "/v1/connections/warm_goose/sync"
    assert request["body"] == {"force": False}
    assert request["headers"]["Accept"] == "application/json;version=2"
    assert request["headers"]["Authorization"] == "Basic " + base64.b64encode(b"key:s3cret").decode()


@pytest.mark.parametrize(
    ("status", "fix"),
    [
        (401, "put a valid API key .login. and secret .password.*connection fivetran_default"),
        (403, "put a valid API key"),
        (404, "there is no such connection in this Fivetran account; correct the configured id"),
        (429, "rate limit is reached; clear this task in 30 s"),
        (500, "status.fivetran.com and clear this task later"),
        (503, "status.fivetran.com"),
        (400, "see the connection's page in Fivetran"),
    ],
)
def test_refusal_names_the_fix(fivetran: FivetranServer, status: int, fix: str) -> None:
    fivetran.status = status
    fivetran.headers = {"Retry-After": "30"}
    with pytest.raises(AirflowException, match=fix) as error:
        FivetranHook().sync("warm_goose")
    assert f"did not sync connection warm_goose, HTTP {status}" in str(error.value)
    assert "s3cret" not in str(error.value)


def test_unreachable_host_names_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_FIVETRAN_DEFAULT", "http://key:s3cret@127.0.0.1:1")
    with pytest.raises(AirflowException, match=r"cannot be reached.*host of connection fivetran_default"):
        FivetranHook().sync("warm_goose")


def test_without_a_host_it_is_fivetrans_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_FIVETRAN_DEFAULT", '{"conn_type": "http", "login": "key", "password": "s3cret"}')
    hook = FivetranHook()
    hook.get_conn()
    assert hook.base_url == "https://api.fivetran.com"


@pytest.mark.parametrize("connection_id", ["../users", "a b", "a/b"])
def test_wrong_id_is_refused_before_anything_is_sent(fivetran: FivetranServer, connection_id: str) -> None:
    with pytest.raises(ValueError, match="is not a Fivetran connection id"):
        FivetranHook().sync(connection_id)
    assert fivetran.requests == []
