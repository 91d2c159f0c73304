"""A row that comes too late, a consumer that sleeps, and two who build at once: the chain puts it right by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import combinations

import pytest

from include.pipeline.settings import settings
from tests.e2e.conftest import CONSUMERS, Story
from tools.local.chain import Chain, Run

pytestmark = pytest.mark.one_line
LATE_TICKET = 987654321


@dataclass(frozen=True)
class LateRow:
    """What the chapter did.

    :param day: the day in which the row landed, which silver had built.
    :param since: when the chapter began.
    :param asleep: runs while silver was paused.
    :param awake: runs after that, a backfill of the same day beside them.
    """

    day: date
    since: datetime
    asleep: list[Run]
    awake: list[Run]


@pytest.fixture(scope="module")
def late_row(story: Story) -> LateRow:
    """Land a row in the first day again, while silver is paused; then wake silver, and backfill the day beside it."""
    day, since = story.days[0], datetime.now(UTC)
    tickets = settings.table("bronze", "zendesk_tickets")
    story.client.query(
        f"""
        insert into `{tickets}`
        select * replace ({LATE_TICKET} as id)
        from `{tickets}`
        where date(_fivetran_synced) = '{day}'
        qualify row_number() over (order by id) = 1
        """
    ).result()
    story.stack.airflow("dags", "pause", "build_silver")
    chain = Chain(story.stack)
    story.stack.airflow("dags", "trigger", "ingest_zendesk")  # as the clock does
    asleep = chain.wait({"ingest_zendesk"})
    story.stack.airflow("dags", "unpause", "build_silver")
    with story.paused(CONSUMERS):
        chain = Chain(story.stack)
        story.stack.airflow("dags", "trigger", "build_silver")
        story.stack.backfill("build_silver", day, day)
        awake = chain.wait({"build_silver", "build_gold"})
    return LateRow(day, since, asleep, awake)


def test_nothing_fails_and_the_sleeping_layer_does_nothing(late_row: LateRow) -> None:
    assert {run.state for run in (*late_row.asleep, *late_row.awake)} == {"success"}
    assert "build_silver" not in {run.dag_id for run in late_row.asleep}


def test_the_row_reaches_silver_though_its_day_had_been_built(story: Story, late_row: LateRow) -> None:
    table = settings.table("silver", "unified_support_tickets")
    rows = story.rows(f"select ticket_id from `{table}` where ticket_id = '{LATE_TICKET}'")
    assert len(rows) == 1


def test_exactly_its_day_is_built_anew(story: Story, late_row: LateRow) -> None:
    published = story.rows(
        f"""
        select step, data_day, logical_and(is_ordered) as only_ordered
        from `{settings.table("ops", "day_log")}`
        where event = 'published' and event_at >= '{late_row.since.isoformat()}'
        group by step, data_day
        """
    )
    assert {row["data_day"] for row in published} == {late_row.day}
    steps = {str(row["step"]): row["only_ordered"] for row in published}
    assert {"ingest_zendesk", "build_silver", "build_gold"} <= steps.keys()
    assert {name for name in steps if name.startswith("ingest_")} == {"ingest_zendesk"}
    assert steps["ingest_zendesk"] is False, "it has seen the row by itself"
    assert steps["build_silver"] is False, "it has seen the source by itself, though it slept when the event came"


def test_no_two_have_built_silver_at_once(story: Story, late_row: LateRow) -> None:
    builds = story.rows(
        f"""
        select
            run_id, task_id,
            min(timestamp_sub(finished_at, interval cast(seconds * 1000 as int64) millisecond)) as began,
            max(finished_at) as ended
        from `{settings.table("ops", "dbt_results")}`
        where dag_id = 'build_silver' and finished_at >= '{late_row.since.isoformat()}'
        group by run_id, task_id
        """
    )
    assert len({build["run_id"] for build in builds}) == 2
    for one, other in combinations(builds, 2):
        assert str(one["ended"]) <= str(other["began"]) or str(other["ended"]) <= str(one["began"]), (one, other)
