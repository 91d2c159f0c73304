"""Anna has not been heard of for longer than declared: she is forgotten, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException
from martech.privacy.erasure_operators import EraseRowsOperator, ErasureOperator, ProveErasureOperator
from martech.privacy.rights_operators import PlanForgettingOperator

from include.pipeline.settings import settings
from tests.privacy.conftest import DATASETS, PrivateWarehouse
from tests.privacy.people import ANNA, ANNAS_TRACES, BERND, SHARED_EMAIL

LAYERS = ["bronze", "intermediate", "silver", "gold", "ops"]


def step(warehouse: PrivateWarehouse, kind: type[ErasureOperator], run: str = "a", **params: Any) -> Any:
    """Run a task of the DAG."""
    params = {"max_percent": settings.variables["inactive_max_percent"], "dry_run": False, **params}
    further = {"datasets": DATASETS} if kind is ProveErasureOperator else {}
    return warehouse.task(kind, request_id=f"inactive {run}", **further).execute(
        {"params": params, "run_id": f"scheduled__{run}", "ti": SimpleNamespace(dag_id="d", task_id="t")}
    )


def seen_last(warehouse: PrivateWarehouse, days_after_limit: int, condition: str) -> None:
    """Let people have been seen last so many days after the day on which they would be inactive."""
    warehouse.query(
        "update customer_360 set open_tickets = 0, open_opportunity_count = 0, last_seen_date = date_add(date_sub("
        f"as_of_date, interval {settings.variables['inactive_months']} month), interval {days_after_limit} day) "
        f"where {condition}",
        "silver",
    )


def test_who_is_inactive_is_forgotten_and_nobody_else(
    warehouse: PrivateWarehouse, customer: Callable[[int], str]
) -> None:
    annas, bernds = customer(ANNA), customer(BERND)
    with pytest.raises(AirflowSkipException, match="Nobody has been inactive for so long"):
        step(warehouse, PlanForgettingOperator)
    seen_last(warehouse, -1, f"customer_id = '{annas}'")
    seen_last(warehouse, 0, f"customer_id = '{bernds}'")
    before = warehouse.contents(LAYERS)

    with pytest.raises(AirflowSkipException, match=r"Dry run: 1 of \d+ people are inactive; nothing was changed"):
        step(warehouse, PlanForgettingOperator, dry_run=True)
    with pytest.raises(AirflowFailException, match="people are inactive, more than 0 %; nobody was forgotten"):
        step(warehouse, PlanForgettingOperator, max_percent=0)
    assert warehouse.contents(LAYERS) == before

    assert step(warehouse, PlanForgettingOperator) == 1
    assert step(warehouse, PlanForgettingOperator) == 0
    step(warehouse, EraseRowsOperator)
    assert step(warehouse, ProveErasureOperator) > 90
    traces = (*ANNAS_TRACES, annas)
    assert warehouse.found(traces, LAYERS) == set()
    # She may come back.
    assert warehouse.query("select * from suppressed_identities", "ops") == []
    (left,) = [row for row in warehouse.rows("customer_360", "silver") if row["email"] == SHARED_EMAIL]
    assert left["customer_id"] == bernds
    with pytest.raises(AirflowSkipException, match="is proven"):
        step(warehouse, PlanForgettingOperator)
    with pytest.raises(AirflowSkipException, match="Nobody has been inactive for so long"):
        step(warehouse, PlanForgettingOperator, "b")


def test_whom_all_sources_have_deleted_is_forgotten_as_soon_as_bronze_forgets(
    warehouse: PrivateWarehouse, customer: Callable[[int], str]
) -> None:
    """They are no customers any more: only the identity map and staging know them."""
    bernds = customer(BERND)
    dry_run = partial(step, warehouse, PlanForgettingOperator, "deleted", dry_run=True)
    (before,) = warehouse.query(f"select * from customer_360 where customer_id = '{bernds}'", "silver")
    warehouse.query(f"delete from customer_360 where customer_id = '{bernds}'", "silver")
    days = settings.layers["bronze"].retention_days

    def delete(all_but: str, silent_days: int) -> None:
        warehouse.query(
            f"update identity_map set is_deleted = identity_key != '{all_but}', "
            f"updated_date = date_sub(date '{before['as_of_date']}', interval {silent_days} day) "
            f"where customer_id = '{bernds}'",
            "silver",
        )

    for all_but, silent_days, found in (("", days, 0), (f"shopify:customer:{BERND}", days + 1, 0), ("", days + 1, 1)):
        delete(all_but, silent_days)
        with pytest.raises(AirflowSkipException, match=rf"Dry run: {found} of \d+ people are inactive"):
            dry_run()
    assert step(warehouse, PlanForgettingOperator, "deleted") == 1
    identifiers = warehouse.query("select value from erasure_identifiers", "ops")
    assert str(BERND) in {row["value"] for row in identifiers}
    warehouse.query(f"update identity_map set is_deleted = false where customer_id = '{bernds}'", "silver")


def test_with_whom_something_is_open_stays(warehouse: PrivateWarehouse) -> None:
    """A deal may take years, and so may an answer."""
    seen_last(warehouse, -1, "true")
    warehouse.query("update customer_360 set open_tickets = 1 where true", "silver")
    with pytest.raises(AirflowSkipException, match="Nobody"):
        step(warehouse, PlanForgettingOperator, "c")
    warehouse.query("update customer_360 set open_tickets = 0, open_opportunity_count = 1 where true", "silver")
    with pytest.raises(AirflowSkipException, match="Nobody"):
        step(warehouse, PlanForgettingOperator, "c")
    warehouse.query("update customer_360 set open_opportunity_count = 0 where true", "silver")
    with pytest.raises(AirflowFailException, match="Did a source stop delivering"):
        step(warehouse, PlanForgettingOperator, "c")
