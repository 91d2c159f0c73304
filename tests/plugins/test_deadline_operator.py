from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from martech.ingestion.operators import DeadlineOperator, Milestone

from tests.plugins.sample import DAY, PROJECT, Dataset


@pytest.fixture
def chain(dataset: Dataset) -> Dataset:
    """Two sources, silver and gold, with the day before and the day after."""
    for table in ("orders", "tickets", "sessions", "kpis"):
        dataset.create_table(table)
        for day in (DAY - timedelta(days=1), DAY + timedelta(days=1)):
            dataset.land(table, day, 1)
    return dataset


def operator(dataset: Dataset, days: str = f"{DAY}") -> DeadlineOperator:
    milestones = [
        Milestone("bronze", "ingest_shop", dataset.name, ("orders",)),
        Milestone("bronze", "ingest_desk", dataset.name, ("tickets",)),
        Milestone("silver", "build_silver", dataset.name, ("sessions",)),
        Milestone("gold", "build_gold", dataset.name, ("kpis",)),
    ]
    return DeadlineOperator(
        task_id="check_gold",
        project_id=PROJECT,
        location="US",
        milestones=milestones,
        days=days,
        deadline="08:00 UTC",
    )


def failure(chain: Dataset, context: dict[str, Any]) -> str:
    # It is final at once: a retry would only put the alert off.
    with pytest.raises(AirflowFailException) as error:
        operator(chain).execute(context)
    return str(error.value)


def test_the_first_late_layer_is_named_as_the_chain_goes_on(chain: Dataset, context: dict[str, Any]) -> None:
    message = failure(chain, context)
    assert "gold is not built for 2026-11-22 at the deadline, 08:00 UTC. The first late layer is bronze" in message
    assert "look at ingest_shop, ingest_desk." in message
    assert f"ingest_shop: no rows in {chain.name}.orders of 2026-11-22" in message
    chain.land("orders", DAY, 1)
    assert "look at ingest_desk." in failure(chain, context)
    chain.land("tickets", DAY, 1)
    assert "The first late layer is silver; look at build_silver." in failure(chain, context)
    chain.land("sessions", DAY, 1)
    assert "The first late layer is gold; look at build_gold." in failure(chain, context)
    chain.land("kpis", DAY, 1)
    operator(chain).execute(context)


def test_built_gold_is_in_time_whatever_is_missing_before_it(chain: Dataset, context: dict[str, Any]) -> None:
    assert "gold is not built" in failure(chain, context)
    chain.land("kpis", DAY, 1)
    operator(chain).execute(context)


def test_every_day_counts(chain: Dataset, context: dict[str, Any]) -> None:
    days = f"{DAY - timedelta(days=1)},{DAY}"
    with pytest.raises(AirflowFailException, match=r"orders of 2026-11-22\n"):
        operator(chain, days).execute(context)
