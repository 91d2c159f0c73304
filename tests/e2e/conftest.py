"""One warehouse and one Airflow for all end-to-end tests: what happened, in the order in which it happened."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from google.cloud import bigquery
from martech.privacy.personal_table import pattern_sql
from martech.warehouse.statements import Sql

from include.pipeline.settings import settings
from include.pipeline.sources import load_sources
from tests.channels import Server, answering, serving
from tests.schedule import every_chapter
from tools.local.chain import Chain, Run
from tools.local.report import Print, fingerprints, warehouse_client
from tools.local.stack import LocalStack
from tools.sample_sources.sync import sync

CUSTOMERS = 400
SEED = 11
# A daily run, then a day on which two things go wrong.
DAY_2 = datetime.now(UTC).date() - timedelta(days=1)
DAY_1 = DAY_2 - timedelta(days=1)

DAILY_CHAPTERS = ("first day", "second day")
# What comes after gold: what looks at it only, and all.
OBSERVERS = "^(check_quality|govern_access|write_dashboards)$"
CONSUMERS = f"{OBSERVERS}|^activate_.*$"

# The table of Zendesk that the second day lacks.
MISSING = "ticket"
TOO_HIGH = 1_000_000  # an amount whose decimal point is misplaced
# Copies of orders under ids of their own.
BAD_ORDERS_SQL = """
    insert into `{orders}`
    select * replace (
        id + 9000000000000 as id, total_price_set_shop_amount * {factor} as total_price_set_shop_amount
    )
    from `{orders}`
    where date(_fivetran_synced) = '{day}' and total_price_set_shop_amount > 10
    order by id
    limit 2
"""


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

    def sync(self, start: date, end: date, *datasets: str) -> None:
        """Let connectors, all if none is named, write days of the sample into their tables."""
        sync(self.sample, start, end, datasets=datasets or None)

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

    def first_day(self, dags: set[str]) -> None:
        """Run the chain for a day.

        :param dags: the DAGs that must run.
        """
        self.sync(self.days[0], self.days[0])
        chain = Chain(self.stack)
        chain.trigger(self.days[0], self.days[0])
        self.remember("first day", chain.wait(dags))

    def second_day(self, dags: set[str]) -> None:
        """Sync a day without one table and with malformed orders; then sync the table and clear the failed task.

        :param dags: the DAGs that must run.
        """
        day = self.days[1]
        # A connector updates in place: what a day leaves must land before the next one syncs.
        self.sync(day, day)
        orders = f"{settings.project_id}.shopify.order"
        self.client.query(BAD_ORDERS_SQL.format(orders=orders, factor=TOO_HIGH, day=day)).result()
        self.client.delete_table(f"{settings.project_id}.zendesk.{MISSING}")
        chain = Chain(self.stack)
        chain.trigger(day, day)
        sources = {f"ingest_{source}" for source in load_sources()}
        self.runs["bad day"] = chain.wait(sources)

        # Whoever selects a table again gets all of it.
        self.sync(self.days[0], day, "zendesk")
        chain = Chain(self.stack)
        self.stack.airflow("tasks", "clear", "ingest_zendesk", "--only-failed", "--downstream", "--yes")
        self.remember("second day", chain.wait(dags - sources))

    def backfill(self) -> None:
        """Build the first day again by hand: silver by the command, and gold follows."""
        chain = Chain(self.stack)
        self.stack.backfill("build_silver", self.days[0], self.days[0])
        self.remember("backfill", chain.wait({"build_silver", "build_gold"}))

    def remember(self, chapter: str, runs: list[Run]) -> None:
        """Keep what a chapter has run and built."""
        self.runs[chapter] = runs
        self.tables[chapter] = self.fingerprint()

    @contextmanager
    def paused(self, dags: str) -> Iterator[None]:
        """Let DAGs not start that other chapters show.

        :param dags: regular expression of their ids.
        """
        self.stack.airflow("dags", "pause", "--treat-dag-id-as-regex", "--yes", dags)
        yield
        self.stack.airflow("dags", "unpause", "--treat-dag-id-as-regex", "--yes", dags)


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
    days = [DAY_1, DAY_2] if every_chapter(request.config) else [DAY_2]
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
            "--start", str(days[0]), "--end", str(DAY_2), "--seed", str(SEED), "--out", sample,
        )  # fmt: skip
        stack.start_airflow(ui=True)
        story = Story(stack, sample, days, slack=slack)
        dags = Chain(stack).wait_for_dags()
        if every_chapter(request.config):
            # What comes after gold runs for both days after the second one.
            with story.paused(CONSUMERS):
                story.first_day({dag for dag in dags if not re.match(CONSUMERS, dag)})
            story.second_day(dags - {"create_warehouse"})
        else:
            story.first_day(dags)
        with story.paused(CONSUMERS):
            story.backfill()
        yield story
    if request.session.testsfailed:
        print(f"Logs and tables of the failed story are kept in {home}")
    else:
        shutil.rmtree(home)
