"""Third chapter: the warehouse watches itself, and forgets a person who asks for it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest

from include.pipeline.settings import settings
from tests.e2e.conftest import DAY_2, OBSERVERS, Story
from tools.local.chain import Chain, Run
from tools.sample_sources.connectors import CONNECTIONS

pytestmark = pytest.mark.one_line
WATCHERS = {"watch_costs", "enforce_retention"}
TODAY = DAY_2 + timedelta(days=1)
REQUEST = "E2E-1"

# The person whom most systems know, and who is in the destinations too.
BEST_KNOWN_SQL = """
    select customer_id, array_agg(identity_key) as keys
    from `{identity_map}`
    where customer_id in (select person_key from `{state}`)
    group by customer_id
    order by count(distinct source) desc, customer_id
    limit 1
"""


def rows_of(story: Story, table: str, condition: str = "true") -> list[dict[str, object]]:
    """Return rows of an operations table."""
    return story.rows(f"select * from `{settings.table('ops', table)}` where {condition}")


@pytest.fixture(scope="module")
def watched(story: Story) -> list[Run]:
    """Start the DAGs that the clock would start."""
    chain = Chain(story.stack)
    for dag_id in sorted(WATCHERS):
        chain.trigger(TODAY, TODAY, dag_id)  # the jobs of this story ran today
    return chain.wait(WATCHERS)


@dataclass
class Erased:
    """What an erasure has done.

    :param keys: the person's former records.
    :param kept: tables in which connectors still had the person, as the first proof named them.
    :param runs: the runs in the end.
    """

    keys: list[str]
    kept: list[str]
    runs: list[Run]


@pytest.fixture(scope="module")
def erased(story: Story) -> Erased:
    """Erase the person whom most systems know; connectors still have them, until their rows are deleted there."""
    tables = {
        "identity_map": settings.table("silver", "identity_map"),
        "state": settings.table("ops", "activation_state"),
    }
    person = story.rows(BEST_KNOWN_SQL.format(**tables))[0]
    chain = Chain(story.stack)
    request = json.dumps({"request_id": REQUEST, "customer_id": person["customer_id"]})
    with story.paused(OBSERVERS):
        story.stack.airflow("dags", "trigger", "erase_person", "--conf", request)
        chain.wait({"erase_person"})
        log = story.task_log("erase_person", "prove_erasure").rpartition("connectors' tables")[2]
        kept = sorted(set(re.findall(rf"{settings.project_id}\.(\w+\.\w+): \w+ in \d+ rows", log)))
        for table in kept:
            story.delete_person(f"{settings.project_id}.{table}", REQUEST)
        story.stack.airflow("tasks", "clear", "erase_person", "--only-failed", "--downstream", "--yes")
        runs = chain.wait({"erase_person"})
    keys = person["keys"]
    assert isinstance(keys, list)
    return Erased(keys, kept, runs)


def test_watchers_succeed(watched: list[Run]) -> None:
    assert {run.dag_id: run.state for run in watched} == dict.fromkeys(WATCHERS, "success")


def test_costs_tell_dag_and_model(story: Story, watched: list[Run]) -> None:
    costs = rows_of(story, "job_costs", "dag_id = 'build_silver' and dbt_model = 'customer_360'")
    assert sum(int(str(row["jobs"])) for row in costs) > 0
    storage = {row["dataset_id"] for row in rows_of(story, "storage_costs")}
    assert storage >= {settings.layers[layer].dataset for layer in ("bronze", "silver", "gold")}


def test_every_table_expires_as_declared(story: Story, watched: list[Run]) -> None:
    checks = rows_of(story, "retention_checks", "check_name = 'expiration'")
    assert {row["dataset_id"] for row in checks} >= {settings.layers["bronze"].dataset, settings.layers["gold"].dataset}
    assert [row for row in checks if not row["passed"] and not row["repaired"]] == []


def test_every_layer_has_a_quality_score(story: Story) -> None:
    scores = rows_of(story, "quality_scores", "table_name is null and date(scored_at) >= '2000-01-01'")
    assert {row["layer"] for row in scores} == {"bronze", "silver", "gold"}
    assert all(50 < float(str(row["score"])) <= 100 for row in scores)


def test_the_proof_named_the_connectors_that_had_the_person(story: Story, erased: Erased) -> None:
    datasets = {table.partition(".")[0] for table in erased.kept}
    assert datasets
    assert datasets <= {connection.dataset for connection in CONNECTIONS}


def test_an_erased_person_is_in_no_table_any_more(story: Story, erased: Erased) -> None:
    assert {run.dag_id: run.state for run in erased.runs if run.state != "success"} == {}
    request = rows_of(story, "erasure_requests", f"request_id = '{REQUEST}'")[0]
    assert request["status"] == "proven"
    assert request["erased_rows"]
    mapped = story.rows(f"select identity_key from `{settings.table('silver', 'identity_map')}`")
    assert {row["identity_key"] for row in mapped}.isdisjoint(erased.keys)
    assert rows_of(story, "erasure_identifiers", f"request_id = '{REQUEST}'") == []
