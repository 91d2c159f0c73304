"""Each figure of the letter equals SQL that was written by hand; parts add up; it is sent once, and invents nothing."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowSkipException
from martech.dashboards.metrics import single_values
from martech.letters.letter import LetterError
from martech.letters.week import Week

from include.letters.declared_letter import load_plan
from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import settings
from tests.channels import Channels, Server
from tests.dbt.dbt_warehouse import LAST_DAY, DbtWarehouse
from tests.dbt_project import parsed_project
from tests.letters.conftest import TODAY, WEEK, WEEKS, send

# Written by hand, not by the metrics' own declarations.
FIGURES = """
    select
        sum(revenue) as revenue, sum(orders) as conversions,
        sum(revenue) / nullif(sum(orders), 0) as revenue_per_conversion,
        sum(spend) as spend, sum(revenue) / nullif(sum(spend), 0) as roas, sum(new_customers) as new_customers,
        sum(spend) / nullif(sum(new_customers), 0) as customer_acquisition_cost, avg(lapse_rate_28d) as lapse_rate,
        sum(sessions) as sessions, sum(leads) as leads,
        sum(orders) / nullif(sum(sessions), 0) as session_conversion_rate,
        sum(marketing_qualified_leads) as marketing_qualified_leads, sum(tickets) as tickets,
        sum(unsubscribes) as unsubscribes
    from executive_kpis
    where kpi_date between date '{first}' and date '{last}'"""
PARTS = {
    ("credited_revenue", "channel"): """
        select channel as part, sum(revenue) as above, 1 as below from channel_performance
        where attribution_model = 'last_non_direct' and performance_date between date '{first}' and date '{last}'
        group by channel""",
    ("credited_roas", "channel"): """
        select channel as part, sum(revenue) as above, sum(spend) as below from channel_performance
        where attribution_model = 'last_non_direct' and performance_date between date '{first}' and date '{last}'
        group by channel""",
    ("attributed_revenue", "campaign_name"): """
        select campaign_name as part, sum(attributed_revenue) as above, 1 as below from campaign_performance
        where campaign_date between date '{first}' and date '{last}' group by campaign_name""",
    ("campaign_roas", "campaign_name"): """
        select campaign_name as part, sum(attributed_revenue) as above, sum(campaign_spend) as below
        from campaign_performance where campaign_date between date '{first}' and date '{last}'
        group by campaign_name""",
    ("journey_revenue", "buyer"): """
        select if(is_first_conversion, 'new customers', 'returning customers') as part, sum(revenue) as above,
            1 as below
        from marketing_attribution where transaction_date between date '{first}' and date '{last}' group by part""",
    ("revenue_per_journey", "sale"): """
        select if(transaction_type = 'order', 'shop orders', 'won deals') as part, sum(revenue) as above,
            count(*) as below
        from marketing_attribution where transaction_date between date '{first}' and date '{last}' group by part""",
}  # fmt: skip
# A query's answer has figures with six decimals, one a day.
Rows = list[dict[str, Any]]


def page_of(place: str) -> str:
    return Path(place.removeprefix("file://")).read_text()


def figures_in(page: str) -> dict[str, tuple[str, str]]:
    found = re.findall(r'data-metric="(\w+)" data-value="([^"]*)" data-before="([^"]*)"', page)
    return {name: (now, before) for name, now, before in found}


def parts_in(page: str) -> dict[tuple[str, str], dict[str, float]]:
    """Return what each part did, by metric and dimension, as the page has it."""
    tables = re.findall(r'<table data-change="(\w+)" data-by="(\w+)"(.*?)</table></div>', page, re.DOTALL)
    return {
        (metric, by): {
            unescape(name): float(effect)
            for name, effect in re.findall(r'data-part="([^"]*)" data-effect="([^"]*)"', rows)
        }
        for metric, by, rows in tables
    }


def asked(warehouse: DbtWarehouse, sql: str, week: Week) -> Rows:
    return warehouse.query(sql.format(first=week.first, last=week.last), "gold")


def whole(rows: Rows, *, is_sum: bool) -> float:
    above = float(sum(row["above"] for row in rows))
    return above if is_sum else above / float(sum(row["below"] for row in rows))


@pytest.fixture(scope="module")
def page(filled: DbtWarehouse, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The letter of the filled warehouse, written by a dry run."""
    return page_of(send(filled, tmp_path_factory.mktemp("letter"), dry_run=True))


def assert_figures(warehouse: DbtWarehouse, page: str, week: Week) -> None:
    (now,), (before,) = (asked(warehouse, FIGURES, one) for one in (week, week.ago(1)))
    shown = figures_in(page)
    assert list(shown) == list(load_plan().figures)
    for name, values in shown.items():
        for text, value in zip(values, (now[name], before[name]), strict=True):
            assert (float(text) if text else None) == (None if value is None else pytest.approx(float(value), rel=1e-5))


def test_every_figure_equals_its_sql(filled: DbtWarehouse, page: str) -> None:
    assert_figures(filled, page, WEEK)


@pytest.mark.parametrize("what", PARTS, ids=" by ".join)
def test_parts_add_up_to_the_change_of_the_sql(filled: DbtWarehouse, page: str, what: tuple[str, str]) -> None:
    is_sum = what[0] in ("credited_revenue", "attributed_revenue", "journey_revenue")
    before, after = (asked(filled, PARTS[what], one) for one in (WEEK.ago(1), WEEK))
    shown = parts_in(page)[what]
    assert sum(shown.values()) == pytest.approx(whole(after, is_sum=is_sum) - whole(before, is_sum=is_sum), abs=1e-4)
    assert len(shown) > 1
    if is_sum:
        was, now = ({row["part"]: float(row["above"]) for row in rows} for rows in (before, after))
        for name in shown.keys() & now.keys():
            assert shown[name] == pytest.approx(now[name] - was[name], abs=1e-4), name


def test_what_the_story_was_is_what_it_advises(page: str) -> None:
    """Spend moved to campaign 1, which earns no more by it; Email, which costs nothing, earned more."""
    advice = unescape(re.search(r"What to do</h2>(.*?)</ol>", page, re.DOTALL)[1])
    assert "Campaign 1 & <Co>: Campaign ROAS went from" in advice
    did = parts_in(page)
    assert max(did["credited_revenue", "channel"], key=did["credited_revenue", "channel"].get) == "Email"
    assert min(did["campaign_roas", "campaign_name"], key=did["campaign_roas", "campaign_name"].get) == (
        "Campaign 1 & <Co>"
    )
    assert "Campaign 1 &amp; &lt;Co&gt;" in page
    assert len(page.encode()) < 100_000, "mail clients cut longer ones"


def test_every_part_of_the_plan_is_told(page: str) -> None:
    assert set(parts_in(page)) == set(PARTS) == {(told.metric, told.by) for told in load_plan().told}


def test_channels_have_the_credit_of_campaigns() -> None:
    (channels,) = [
        model for model in load_manifest(parsed_project()[1])["semantic_models"].values() if model["name"] == "channels"
    ]
    assert single_values(channels) == {"attribution_model": settings.variables["attribution_campaign_model"]}


def test_what_is_declared_is_in_its_query() -> None:
    manifest = load_manifest(parsed_project()[1])
    queries = {query["name"]: query["query_params"] for query in manifest["saved_queries"].values()}
    metrics = {metric["name"]: metric for metric in manifest["metrics"].values()}
    plan = load_plan()
    for name, query in [*((name, plan.query) for name in plan.figures), *((t.metric, t.query) for t in plan.told)]:
        params = metrics[name]["type_params"]
        parts = {part["name"] for part in (params["numerator"], params["denominator"]) if part} or {name}
        assert parts <= set(queries[query]["metrics"]), name
    for told in plan.told:
        dimensions = {text.rpartition("__")[2].rstrip("')") for text in queries[told.query]["group_by"]}
        assert told.by in dimensions


def test_it_is_sent_once_to_each_channel(filled: DbtWarehouse, tmp_path: Path, slack: Server, smtp: Server) -> None:
    send(filled, tmp_path, dry_run=True)
    assert (slack.requests, smtp.emails) == ([], [])
    slack.status = 500
    with pytest.raises(AirflowException, match=r"not taken by slack \(connection slack_letter\)") as error:
        send(filled, tmp_path)
    assert "s3cr3t" not in str(error.value)
    assert len(smtp.emails) == 1  # e-mail has it, and does not get it again
    slack.status, slack.requests = 200, []
    for _ in range(2):
        place = send(filled, tmp_path)
    assert (len(slack.requests), len(smtp.emails)) == (1, 1)
    (recipients, email), (_, body) = smtp.emails[0], slack.requests[0]
    assert (recipients, email["Subject"]) == (["team@example.com"], "Marketing in the week of 16 to 22 November 2026")
    text = email.get_payload(0).get_payload(decode=True).decode()
    assert text.split() == page_of(place).split()
    assert "<script" not in text
    assert "<svg" not in text
    assert "*Revenue by" not in body["text"]
    assert "*Credited revenue by channels*" in body["text"]
    assert "Campaign 1 &amp; &lt;Co&gt;" in body["text"]
    # Another day of the same week, or a clear: nothing; only who asks gets it again.
    send(filled, tmp_path, week="2026-11-18")
    assert (len(slack.requests), len(smtp.emails)) == (1, 1)
    send(filled, tmp_path, again=True)
    assert (len(slack.requests), len(smtp.emails)) == (2, 2)
    sent = filled.query("select week, channel, run_id from letters_sent order by channel", "ops")
    assert [(row["week"], row["channel"]) for row in sent] == [
        (WEEK.first, "slack"), (WEEK.first, "slack"), (WEEK.first, "smtp"), (WEEK.first, "smtp")
    ]  # fmt: skip


def test_without_a_connection_the_page_is_written_and_nobody_has_it(
    filled: DbtWarehouse, tmp_path: Path, channels: Channels
) -> None:
    week = WEEK.ago(1)
    assert "letter-2026-11-09.html" in send(filled, tmp_path, week=week.first.isoformat())
    assert filled.query(f"select channel from letters_sent where week = date '{week.first}'", "ops") == []


def test_a_week_that_gold_lacks_a_day_of_is_not_written(filled: DbtWarehouse, tmp_path: Path, slack: Server) -> None:
    next_monday = TODAY.replace(day=30)
    with pytest.raises(LetterError, match="Gold has 0 of the 7 days 23 to 29 November 2026"):
        send(filled, tmp_path, today=next_monday)
    assert (slack.requests, list(tmp_path.iterdir())) == ([], [])


def test_without_a_whole_week_before_it_compares_with_nothing(filled: DbtWarehouse, tmp_path: Path) -> None:
    first = WEEK.ago(WEEKS - 1)
    page = page_of(send(filled, tmp_path, week=first.first.isoformat(), dry_run=True))
    assert "Gold has 0 of the 7 days of the week before: nothing is said of what changed." in page
    assert parts_in(page) == {}
    assert {before for _, before in figures_in(page).values()} == {""}
    assert "highest of" not in page
    assert "+" not in re.sub(r"<[^>]+>", "", page)


def test_a_failed_check_is_said_first(filled: DbtWarehouse, tmp_path: Path) -> None:
    filled.query(
        """insert into quality_checks
            (run_id, checked_at, checked_day, layer, table_name, check_name, severity, observed,
             expected, passed, message)
        values ('r', current_timestamp(), date '2026-11-22', 'gold', 'marts.executive_kpis', 'volume', 'error', '0',
            '9', false, 'x')""",
        "ops",
    )
    try:
        page = page_of(send(filled, tmp_path, dry_run=True))
    finally:
        filled.query("delete from quality_checks where checked_at > timestamp '2020-01-01'", "ops")
    assert "Quality checks of severity error failed for marts.executive_kpis" in page


def test_an_empty_warehouse_has_no_letter(filled: DbtWarehouse, tmp_path: Path) -> None:
    with pytest.raises(AirflowSkipException, match="there is nothing to write"):
        send(filled, tmp_path, week="2020-01-01")


def test_the_sample_of_all_sources_has_a_true_letter(sample_warehouse: DbtWarehouse, tmp_path: Path) -> None:
    """Real models built it: few rows, hardly any spend, a newest week that has not ended."""
    with pytest.raises(LetterError, match="Gold has 5 of the 7 days"):
        send(sample_warehouse, tmp_path)
    week = Week.of(LAST_DAY).ago(1)
    page = page_of(send(sample_warehouse, tmp_path, week=week.first.isoformat(), dry_run=True))
    assert_figures(sample_warehouse, page, week)
