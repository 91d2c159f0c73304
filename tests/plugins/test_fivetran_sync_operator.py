from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    TaskDeferred,
)
from martech.ingestion.fivetran_sync import FivetranSyncOperator, FivetranSyncTrigger

from tests.plugins.fivetran_server import FivetranServer
from tools.local.fivetran import EARLIER, connection

LATER = "2026-11-23T00:41:00.000000Z"
LATEST = "2026-11-23T01:05:00.000000Z"


def make(connection_id: str | None = "warm_goose", **kwargs: Any) -> FivetranSyncOperator:
    arguments = {"poke_interval": timedelta(seconds=0.05), "wait_timeout": timedelta(seconds=20), **kwargs}
    return FivetranSyncOperator(task_id="sync", connection_id=connection_id, **arguments)


def deferred(operator: FivetranSyncOperator, context: dict[str, Any]) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as error:
        operator.execute(context)
    return error.value


def again(trigger: FivetranSyncTrigger) -> FivetranSyncTrigger:
    """Return the trigger as a triggerer makes it."""
    path, arguments = trigger.serialize()
    module, name = path.rsplit(".", 1)
    made: FivetranSyncTrigger = getattr(import_module(module), name)(**arguments)
    return made


async def first_event(trigger: FivetranSyncTrigger) -> dict[str, Any]:
    return (await anext(trigger.run())).payload


def run(operator: FivetranSyncOperator, context: dict[str, Any]) -> dict[str, str]:
    deferral = deferred(operator, context)
    assert deferral.method_name == "execute_complete"
    return operator.execute_complete(context, asyncio.run(first_event(again(deferral.trigger))))


def test_starts_the_sync_and_waits_for_its_success(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    fivetran.states = [
        connection(),
        connection(sync_state="syncing"),
        connection(sync_state="rescheduled", update_state="delayed"),
        connection(succeeded_at=LATER),
    ]
    assert run(make(), context) == {"warm_goose": "2026-11-23T00:41:00+00:00"}
    assert fivetran.asked == ["GET", "POST", "GET", "GET", "GET"]


def test_a_first_sync_has_no_success_before_it(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    fivetran.states = [connection(succeeded_at=None), connection(succeeded_at=None), connection(succeeded_at=LATER)]
    assert run(make(), context)


def test_a_sync_that_runs_already_is_not_taken_for_ours(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    fivetran.states = [
        connection(sync_state="syncing"),
        connection(succeeded_at=LATER),  # it has ended: now ours is asked for
        connection(succeeded_at=LATER, sync_state="syncing"),
        connection(succeeded_at=LATEST),
    ]
    assert run(make(), context) == {"warm_goose": "2026-11-23T01:05:00+00:00"}
    assert fivetran.asked == ["GET", "GET", "POST", "GET", "GET"]


def test_several_connections_must_all_succeed(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    fivetran.states = [connection(), connection(), connection(), connection(succeeded_at=LATER)]
    assert run(make("warm_goose, cold_duck"), context).keys() == {"warm_goose", "cold_duck"}
    started = [request["path"] for request in fivetran.requests if request["method"] == "POST"]
    assert started == ["/v1/connections/warm_goose/sync", "/v1/connections/cold_duck/sync"]


@pytest.mark.parametrize(
    ("facts", "kind", "message"),
    [
        ({"setup_state": "broken"}, AirflowFailException, "warm_goose is broken. Finish its setup or reconnect it"),
        ({"paused": True}, AirflowFailException, "warm_goose is paused. Unpause it"),
        ({"failed_at": LATER}, AirflowException, "warm_goose failed at 2026-11-23 00:41 UTC. .*clear this task, which"),
    ],
)
def test_what_goes_wrong_while_it_waits_fails_at_once(
    fivetran: FivetranServer, context: dict[str, Any], facts: dict[str, Any], kind: type, message: str
) -> None:
    fivetran.states = [connection(), connection(**facts)]
    started = time.monotonic()
    with pytest.raises(AirflowException, match=message) as error:
        run(make(wait_timeout=timedelta(hours=2)), context)
    assert type(error.value) is kind
    assert time.monotonic() - started < 10


def test_does_not_look_again_in_the_moment_in_which_it_has_asked(
    fivetran: FivetranServer, context: dict[str, Any]
) -> None:
    fivetran.states = [connection(), connection(succeeded_at=LATER)]
    started = time.monotonic()
    assert run(make(poke_interval=timedelta(seconds=0.5)), context)
    assert time.monotonic() - started >= 0.5


def test_a_failure_before_ours_is_none_of_ours(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    fivetran.states = [connection(failed_at=EARLIER), connection(failed_at=EARLIER, succeeded_at=LATER)]
    assert run(make(), context)


@pytest.mark.parametrize("facts", [{"setup_state": "broken"}, {"setup_state": "incomplete"}, {"paused": True}])
def test_a_connection_that_cannot_sync_fails_before_anything_is_started(
    fivetran: FivetranServer, context: dict[str, Any], facts: dict[str, Any]
) -> None:
    fivetran.states = [connection(**facts)]
    with pytest.raises(AirflowFailException, match="Fivetran connection warm_goose is"):
        make().execute(context)
    assert fivetran.asked == ["GET"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_outage_is_warned_of_and_waited_out(
    fivetran: FivetranServer, context: dict[str, Any], caplog: pytest.LogCaptureFixture, status: int
) -> None:
    fivetran.status, fivetran.body = status, "<html>Bad gateway</html>"
    trigger = deferred(make(), context).trigger
    assert "did not describe connection warm_goose, HTTP" in caplog.text

    async def recover_while_waiting() -> dict[str, Any]:
        waiting = asyncio.create_task(first_event(again(trigger)))
        await asyncio.sleep(0.4)
        assert not waiting.done()
        fivetran.states = [connection(), connection(succeeded_at=LATER)]
        fivetran.status, fivetran.body = 200, None
        return await waiting

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(recover_while_waiting())["status"] == "succeeded"
    assert "Looking again in" in caplog.text
    assert fivetran.asked.count("POST") == 1


def test_an_unreachable_host_is_waited_out_until_the_deadline(
    monkeypatch: pytest.MonkeyPatch, context: dict[str, Any]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_FIVETRAN_DEFAULT", "http://key:s3cret@127.0.0.1:1")
    with pytest.raises(AirflowSensorTimeout, match=r"cannot be reached.*MARKETING_LANDING_TIMEOUT_SECONDS"):
        run(make(wait_timeout=timedelta(seconds=0.2)), context)


def test_a_sync_that_does_not_end_names_the_connection(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    with pytest.raises(
        AirflowSensorTimeout, match=r"sync of Fivetran connection warm_goose has not ended. Waited 0:00"
    ):
        run(make(wait_timeout=timedelta(seconds=0.2)), context)


def test_a_page_in_place_of_an_answer_fails_at_once(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    fivetran.body = "<html>Sign in</html>"
    with pytest.raises(AirflowFailException, match="did not describe connection warm_goose: it gave an answer that is"):
        make().execute(context)


@pytest.mark.parametrize("connection_id", ["", None])
def test_without_a_fivetran_connection_it_succeeds_and_asks_nothing(
    fivetran: FivetranServer, context: dict[str, Any], connection_id: str | None
) -> None:
    assert make(connection_id).execute(context) is None
    assert fivetran.requests == []


def test_without_an_airflow_connection_it_succeeds_and_asks_nothing(
    fivetran: FivetranServer, context: dict[str, Any]
) -> None:
    assert make(fivetran_conn_id="not_there").execute(context) is None
    assert fivetran.requests == []


def test_an_id_that_cannot_be_one_is_not_tried_again(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    with pytest.raises(AirflowFailException, match="'warm goose' is not a Fivetran connection id: copy it"):
        make("warm goose").execute(context)
    assert fivetran.requests == []


def test_refusal_fails_the_task(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    fivetran.status = 404
    with pytest.raises(AirflowException, match="correct the configured id"):
        make().execute(context)
