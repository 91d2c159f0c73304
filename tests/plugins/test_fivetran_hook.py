from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from martech.ingestion.fivetran_hook import FivetranError, FivetranHook

from tests.plugins.fivetran_server import FivetranServer
from tools.local.fivetran import connection


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


NOT_FIVETRAN = {
    "a page in place of an answer": ("<html>Sign in</html>", "an answer that is not JSON"),
    "no message": ('{"code": "Success"}', "an answer without a message"),
    "no object": ('["Success"]', "an answer that is no object"),
}


@pytest.mark.parametrize("case", NOT_FIVETRAN)
def test_an_answer_that_is_not_fivetrans_names_both_connections(fivetran: FivetranServer, case: str) -> None:
    fivetran.body, problem = NOT_FIVETRAN[case]
    with pytest.raises(FivetranError) as error:
        FivetranHook().sync("warm_goose")
    assert f"did not sync connection warm_goose: it gave {problem}" in str(error.value)
    assert "the host of connection fivetran_default is Fivetran's API" in str(error.value)
    assert fivetran.body in str(error.value) or "Success" in str(error.value)


def test_the_state_is_read_as_fivetran_documents_it(fivetran: FivetranServer) -> None:
    fivetran.states = [
        connection(sync_state="syncing", update_state="delayed", failed_at="2026-11-21T23:00:00.5Z", schema="support")
    ]
    state = FivetranHook().state("warm_goose")
    (request,) = fivetran.requests
    assert (request["method"], request["path"]) == ("GET", "/v1/connections/warm_goose")
    assert (state.schema, state.sync_state, state.update_state) == ("support", "syncing", "delayed")
    assert state.succeeded_at == datetime(2026, 11, 22, 0, 10, tzinfo=UTC)
    assert state.failed_at == datetime(2026, 11, 21, 23, 0, 0, 500000, tzinfo=UTC)
    assert state.problem is None


PROBLEMS = [
    ({"setup_state": "broken", "tasks": [{"code": "reconnect", "message": "Reconnect"}]}, "broken. .*for: Reconnect. "),
    ({"setup_state": "incomplete"}, "is incomplete. Finish its setup or reconnect it"),
    ({"paused": True}, "is paused. Unpause it in Fivetran"),
    ({"sync_state": "paused"}, "is paused. Unpause it in Fivetran"),
]


@pytest.mark.parametrize(("facts", "message"), PROBLEMS)
def test_a_connection_that_cannot_sync_says_why(fivetran: FivetranServer, facts: dict, message: str) -> None:
    fivetran.states = [connection(**facts)]
    assert re.search(f"Fivetran connection warm_goose .*{message}", FivetranHook().state("warm_goose").problem or "")


@pytest.mark.parametrize("body", ['{"code": "Success"}', '{"data": {}}', '{"data": {"status": {}, "succeeded_at": 7}}'])
def test_a_state_that_cannot_be_read_names_the_connection(fivetran: FivetranServer, body: str) -> None:
    fivetran.body = body
    with pytest.raises(FivetranError, match=r"did not describe connection warm_goose: it gave no usable state"):
        FivetranHook().state("warm_goose")
