from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from martech.ingestion.operators import FivetranSyncOperator

from tests.plugins.fivetran_server import FivetranServer


def test_starts_the_sync(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    operator = FivetranSyncOperator(task_id="sync", connection_id="warm_goose")
    assert operator.execute(context) == "Success: /v1/connections/warm_goose/sync"
    assert len(fivetran.requests) == 1


@pytest.mark.parametrize("connection_id", ["", None])
def test_without_a_fivetran_connection_it_succeeds_and_asks_nothing(
    fivetran: FivetranServer, context: dict[str, Any], connection_id: str | None
) -> None:
    operator = FivetranSyncOperator(task_id="sync", connection_id=connection_id)
    assert operator.execute(context) is None
    assert fivetran.requests == []


def test_without_an_airflow_connection_it_succeeds_and_asks_nothing(
    fivetran: FivetranServer, context: dict[str, Any]
) -> None:
    operator = FivetranSyncOperator(task_id="sync", connection_id="warm_goose", fivetran_conn_id="not_there")
    assert operator.execute(context) is None
    assert fivetran.requests == []


def test_refusal_fails_the_task(fivetran: FivetranServer, context: dict[str, Any]) -> None:
    fivetran.status = 404
    operator = FivetranSyncOperator(task_id="sync", connection_id="warm_goose")
    with pytest.raises(AirflowException, match="correct the configured id"):
        operator.execute(context)
