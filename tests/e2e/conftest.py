"""One warehouse and one Airflow for all end-to-end tests: what happened, in the order in which it happened."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from google.cloud import bigquery
from martech.privacy.personal_table import pattern_sql
from martech.warehouse.statements import Sql

from include.pipeline.settings import settings
from tests.channels import Server, answering, serving
from tests.schedule import every_chapter
from tools.local.chain import Chain, Run
from tools.local.report import Print, fingerprints, warehouse_client
from tools.local.stack import LocalStack
from tools.sample_sources.sync import sync

CUSTOMERS = 1000
SEED = 11
# Two daily runs, then a day on which two things go wrong.
DAY_3 = datetime.now(UTC).date() - timedelta(days=1)
DAY_2, DAY_1 = DAY_3 - timedelta(days=1), DAY_3 - timedelta(days=2)

DAILY_CHAPTERS = ("first day", "second day")


@dataclass
class Story:
    """What the end-to-end run has done and seen.

    :param stack: the running services.
    :param sample: directory of the generated sources and their truth.
    :param days: data days of the daily runs.
    :param runs: DAG runs by chapter.
    :param tables: fingerprint of every silver and gold table by chapter.
    :param slack: what the on-call engineer was told.
    """

    stack: LocalStack
    sample: Path
    days: list[date]
    runs: dict[str, list[Run]] = field(default_factory=dict)
    tables: dict[str, dict[str, Print]] = field(default_factory=dict)
    slack: Server = field(default_factory=Server)

    @property
    def newest(self) -> str:
        """The chapter of the newest daily run."""
        return DAILY_CHAPTERS[len(self.days) - 1]

    @property
    def client(self) -> bigquery.Client:
        """A client of the warehouse."""
        return warehouse_client(self.stack.warehouse_url)

    def rows(self, sql: str) -> list[dict[str, object]]:
        """Return the rows of a query."""
        return [dict(row) for row in self.client.query(sql).result()]

    def fingerprint(self) -> dict[str, Print]:
        """Return rows and a hash over all values of every silver and gold table."""
        return fingerprints(self.client)

    def sync(self, start: date, end: date) -> None:
        """Let the connectors write days of the sample into their tables."""
        sync(self.sample, start, end)

    def task_log(self, dag_id: str, task_id: str) -> str:
        """Return all logs of a task, of every run and attempt."""
        folder = self.stack.airflow_home / "logs" / f"dag_id={dag_id}"
        return "\n".join(path.read_text() for path in sorted(folder.glob(f"run_id=*/task_id={task_id}/*.log")))

    def delete_person(self, table: str, request_id: str) -> None:
        """Delete all rows of a table that name the person of an open request, as its owner would."""
        pattern = pattern_sql(Sql(f"`{settings.table('ops', 'erasure_identifiers')}`"))
        sql = f"delete from `{table}` as kept where regexp_contains(to_json_string(kept), {pattern})"
        request = bigquery.ScalarQueryParameter("request_id", "STRING", request_id)
        self.client.query(sql, bigquery.QueryJobConfig(query_parameters=[request])).result()

    def daily_run(self, chapter: str, day: date, expected: set[str]) -> None:
        """Run the chain for one day and remember what it built."""
        chain = Chain(self.stack)
        chain.trigger(day, day)
        self.runs[chapter] = chain.wait(expected)
        self.tables[chapter] = self.fingerprint()


@pytest.fixture(scope="session")
def slack() -> Iterator[Server]:
    """Stand in for Slack's webhooks."""
    state = Server()
    yield from serving(answering(state), state)


@pytest.fixture(scope="session")
def story(slack: Server, request: pytest.FixtureRequest) -> Iterator[Story]:
    """Start everything, and run two days and a backfill; tests then look at what came of it.

    Where only the Airflow line is to be proved, the newest day is the only one.
    """
    days = [DAY_1, DAY_2] if every_chapter(request.config) else [DAY_3]
    home = Path(tempfile.mkdtemp(prefix="e2e-"))
    webhook = {"conn_type": "slackwebhook", "host": f"http://127.0.0.1:{slack.port}/slack", "password": "T0/B0/none"}
    environment = {
        "MARKETING_LANDING_TIMEOUT_SECONDS": "20",
        "AIRFLOW_CONN_SLACK_ALERTS": json.dumps(webhook),
        "PRELOAD_DAGS": "1",
        # No DAG changes in a story, and reading all of them again takes a core for minutes.
        "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "7200",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "7200",
    }
    stack = LocalStack(home, environment=environment)
    with stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIGQUERY_EMULATOR_HOST", stack.warehouse_url)
        sample = home / "sample"
        stack.run(
            stack.bin / "python", "-m", "tools.sample_sources", "generate", "--customers", str(CUSTOMERS),
            "--start", str(days[0]), "--end", str(DAY_3), "--seed", str(SEED), "--out", sample,
        )  # fmt: skip
        stack.start_airflow(ui=True)
        story = Story(stack, sample, days, slack=slack)
        chain = Chain(stack)
        dags = chain.wait_for_dags()

        story.sync(days[0], days[0])
        chain.trigger(days[0], days[0])
        story.runs["first day"] = chain.wait(dags)
        story.tables["first day"] = story.fingerprint()

        for chapter, day in zip(DAILY_CHAPTERS[1:], days[1:], strict=False):
            # A connector updates in place: what a day leaves must land before the next one syncs.
            story.sync(day, day)
            story.daily_run(chapter, day, dags)

        chain = Chain(stack)
        for dag_id in ("build_silver", "build_gold"):
            stack.backfill(dag_id, days[0], days[0])
        story.runs["backfill"] = chain.wait({"build_silver", "build_gold"})
        story.tables["backfill"] = story.fingerprint()
        yield story
    if request.session.testsfailed:
        print(f"Logs and tables of the failed story are kept in {home}")
    else:
        shutil.rmtree(home)
