"""Every figure of the pages equals its SQL on gold; they say what is stale, failed or off, and need no network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from martech.dashboards.pages import MOST_BYTES, PAGES
from martech.warehouse.client import WarehouseClient

from tests.dashboards.conftest import MORNING, Opened, write
from tests.dbt.dbt_warehouse import LAST_DAY, DbtWarehouse

Open = Callable[..., Opened]
SECRET = "k" * 72
RANGE = f"between date '{LAST_DAY - timedelta(days=27)}' and date '{LAST_DAY}'"
# Written by hand, not by the metrics' own declarations.
TILES = {
    "executive": f"""
        select
            sum(revenue) as revenue, sum(spend) as spend, sum(revenue) / nullif(sum(spend), 0) as roas,
            sum(spend) / nullif(sum(new_customers), 0) as customer_acquisition_cost, sum(orders) as conversions,
            sum(new_customers) as new_customers, sum(returning_customers) as returning_customers,
            avg(lapse_rate_28d) as lapse_rate, avg(visiting_people_28d) as visiting_people,
            sum(orders) / nullif(sum(sessions), 0) as session_conversion_rate,
            sum(marketing_qualified_leads) as marketing_qualified_leads, sum(tickets) as tickets
        from executive_kpis where kpi_date {RANGE}""",
    "attribution": f"""
        select
            count(*) as journeys, sum(revenue) as journey_revenue, avg(touch_count) as touches_per_journey,
            avg(journey_days) as days_per_journey, countif(is_unattributed) / count(*) as unattributed_share
        from marketing_attribution where transaction_date {RANGE}""",
    "campaigns": f"""
        select
            sum(campaign_spend) as campaign_spend, sum(attributed_revenue) as attributed_revenue,
            sum(attributed_revenue) / nullif(sum(campaign_spend), 0) as campaign_roas,
            sum(attributed_conversions) as attributed_conversions,
            sum(campaign_spend) / nullif(sum(leads_generated), 0) as cost_per_lead,
            sum(clicks) / nullif(sum(impressions), 0) as click_through_rate
        from campaign_performance where campaign_date {RANGE}""",
    "customers": """
        select
            count(*) as customers, countif(health_score < 50) as customers_at_risk,
            countif(health_score < 50) / count(*) as at_risk_share, avg(health_score) as mean_health,
            sum(total_revenue) as customer_revenue,
            sum(if(health_score < 50, total_revenue, 0)) as revenue_at_risk
        from customer_health_scores""",
}


def close(value: Any) -> Any:
    """Return what a figure of a page must equal: it has the sum of numbers with six decimals."""
    return None if value is None else pytest.approx(float(value), rel=1e-6, abs=1e-4)


@pytest.fixture(scope="module")
def built(sample_warehouse: DbtWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the pages of a built warehouse, whose key of pseudonyms is known."""
    sample_warehouse.query(
        f"insert into pseudonym_key (secret, created_at) values ('{SECRET}', timestamp '2026-11-01')", "secrets"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("martech.dashboards.operators.WriteDashboardsOperator._now", staticmethod(lambda: MORNING))
        yield write(sample_warehouse, tmp_path_factory.mktemp("built"))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("look", [{}, {"dark": True}, {"width": 390}], ids=["light", "dark", "phone"])
def test_a_page_asks_for_files_only_and_its_console_is_silent(
    built: Path, open_page: Open, name: str, look: dict[str, Any]
) -> None:
    opened = open_page(built, name, **look)
    assert opened.said == []
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs out"
    assert (built / f"{name}.html").stat().st_size + (built / "chart.js").stat().st_size < MOST_BYTES


@pytest.mark.parametrize("name", TILES)
def test_tiles_equal_their_sql(sample_warehouse: DbtWarehouse, built: Path, open_page: Open, name: str) -> None:
    (row,) = sample_warehouse.query(TILES[name], "gold")
    opened = open_page(built, name)
    shown = {metric: opened.value(metric) for metric in row}
    assert shown == {metric: close(value) for metric, value in row.items()}
    assert opened.page.locator(".tile").count() == len(row), "each tile has its SQL"


def test_a_shorter_range_shows_its_own_figures(sample_warehouse: DbtWarehouse, built: Path, open_page: Open) -> None:
    opened = open_page(built, "executive")
    opened.page.get_by_role("button", name="7 days").click()
    (row,) = sample_warehouse.query(
        f"select sum(revenue) as revenue, sum(orders) as orders from executive_kpis "
        f"where kpi_date > date '{LAST_DAY - timedelta(days=7)}'",
        "gold",
    )
    assert [opened.value("revenue"), opened.value("conversions")] == [close(row["revenue"]), close(row["orders"])]


def table(opened: Opened, title: str) -> dict[tuple[str, ...], list[float | None]]:
    """Return a table of figures by the names of its lines."""
    return {
        tuple(names): [float(value) if value else None for value in values]
        for names, values in opened.page.locator(f"[data-title='{title}'] tbody tr").evaluate_all(
            "lines => lines.map(line => [[...line.cells].filter(c => !('value' in c.dataset)).map(c => c.textContent), "
            "[...line.cells].filter(c => 'value' in c.dataset).map(c => c.dataset.value)])"
        )
    }


def test_channels_equal_their_sql_whatever_model_is_chosen(
    sample_warehouse: DbtWarehouse, built: Path, open_page: Open
) -> None:
    opened = open_page(built, "attribution")
    rows = sample_warehouse.query(
        "select attribution_model, channel, sum(revenue) as revenue, sum(conversions) as conversions, "
        f"sum(spend) as spend from channel_performance where performance_date {RANGE} group by 1, 2",
        "gold",
    )
    for model in ("first_touch", "markov"):
        opened.page.get_by_label("Attribution model").select_option(model)
        expected = {
            (row["channel"],): [
                close(row["revenue"]),
                close(row["conversions"]),
                close(row["spend"]),
                close(row["revenue"] / row["spend"]) if row["spend"] else None,
            ]
            for row in rows
            if row["attribution_model"] == model
        }
        assert table(opened, "Credit and return by channel") == expected


def test_the_spread_is_that_of_the_models_shares(sample_warehouse: DbtWarehouse, built: Path, open_page: Open) -> None:
    opened = open_page(built, "attribution")
    rows = sample_warehouse.query(
        f"""
        with credit as (
            select channel, attribution_model, sum(revenue) as revenue
            from channel_performance where performance_date {RANGE} group by 1, 2
        ), every as (
            select channels.channel, models.attribution_model, coalesce(credit.revenue, 0) as revenue
            from (select distinct channel from credit) as channels
            cross join (select distinct attribution_model from credit) as models
            left join credit using (channel, attribution_model)
        ), shares as (
            select *, revenue / sum(revenue) over (partition by attribution_model) as share from every
        )
        select channel, cast(max(share) - min(share) as float64) as spread from shares group by 1""",
        "gold",
    )
    shown = table(opened, "Share of credited revenue by channel and model")
    assert {channel: values[-1] for (channel,), values in shown.items()} == {
        row["channel"]: close(row["spread"]) for row in rows
    }


def test_cohorts_equal_gold(sample_warehouse: DbtWarehouse, built: Path, open_page: Open) -> None:
    rows = sample_warehouse.query(
        "select format_date('%Y-%m', cohort_month) as month, months_since, retention_rate from cohort_retention", "gold"
    )
    shown = table(open_page(built, "customers"), "Retention by month of the first conversion and months since")
    assert {
        (month, since): value
        for (month,), values in shown.items()
        for since, value in enumerate(values)
        if value is not None
    } == {(row["month"], row["months_since"]): close(row["retention_rate"]) for row in rows}


def test_campaigns_sort_by_a_column_with_the_keyboard(built: Path, open_page: Open) -> None:
    opened = open_page(built, "campaigns")
    opened.page.get_by_role("button", name="Impressions", exact=True).focus()
    opened.page.keyboard.press("Enter")
    shown = list(table(opened, "Campaigns").values())
    impressions = [values[3] for values in shown]
    assert impressions == sorted(impressions, key=lambda value: -(value or 0))
    assert opened.page.locator("[data-title=Campaigns] th[aria-sort=descending]").inner_text().startswith("Impressions")


def test_every_chart_has_a_name_and_a_table(built: Path, open_page: Open) -> None:
    for name in PAGES:
        opened = open_page(built, name)
        for canvas in opened.page.locator("canvas").all():
            assert canvas.get_attribute("aria-label")
            assert canvas.locator("xpath=ancestor::*[@data-widget]//table").count() == 1


def test_every_figure_leads_to_its_definition(built: Path, open_page: Open) -> None:
    known = set(open_page(built, "definitions").page.locator("tr[id]").evaluate_all("rows => rows.map(row => row.id)"))
    for name in PAGES:
        links = open_page(built, name).page.locator("a[href^='definitions.html#']")
        assert {link.rpartition("#")[2] for link in links.evaluate_all("all => all.map(a => a.href)")} <= known


def test_customers_are_the_analysts_pseudonyms(sample_warehouse: DbtWarehouse, built: Path, tmp_path: Path) -> None:
    rows = sample_warehouse.query(
        "select customer_id, full_name, email, account_name, account_owner_id, "
        f"is_unsubscribed, left(to_hex(sha256(concat('{SECRET}', 'customer:', customer_id))), 12) as pseudonym "
        "from customer_health_scores where health_category in ('at_risk', 'critical')",
        "gold",
    )
    text = (built / "customers.html").read_text()
    assert rows
    shown = {row["pseudonym"] for row in rows if row["pseudonym"] in text}
    assert shown == {row["pseudonym"] for row in rows if not row["is_unsubscribed"]}
    hidden = {row[name] for row in rows for name in row.keys() - {"pseudonym", "is_unsubscribed"}} - {None}
    for page in PAGES:
        assert [value for value in hidden if value in (built / f"{page}.html").read_text()] == []
    named = (write(sample_warehouse, tmp_path, named=True) / "customers.html").read_text()
    assert any(row["full_name"] and row["full_name"] in named for row in rows)


def test_a_page_says_by_itself_when_it_is_stale(built: Path, open_page: Open) -> None:
    assert "stale" not in open_page(built, "executive").page.locator("#freshness").inner_text()
    before_deadline = MORNING + timedelta(hours=22)
    assert "stale" not in open_page(built, "executive", now=before_deadline).page.locator("#freshness").inner_text()
    missing = (LAST_DAY + timedelta(days=1)).isoformat()
    late = open_page(built, "executive", now=MORNING + timedelta(days=1)).page.locator("#freshness").inner_text()
    assert f"stale: {missing} is missing" in late


def test_who_needs_a_call_is_at_risk_and_has_what_to_do(
    sample_warehouse: DbtWarehouse, built: Path, open_page: Open
) -> None:
    rows = sample_warehouse.query(
        "select * from customer_health_scores where not coalesce(is_unsubscribed, false)", "gold"
    )
    at_risk = sorted(
        (row for row in rows if row["health_score"] < 50),
        key=lambda row: (-row["total_revenue"], row["health_score"], row["customer_id"]),
    )
    lines = open_page(built, "customers").page.locator("tr:has(code)")
    shown = lines.evaluate_all(
        "lines => lines.map(line => [...line.cells].slice(0, 5).map(cell => cell.textContent.trim()))"
    )
    assert at_risk
    assert shown == [
        [
            hashlib.sha256(f"{SECRET}customer:{row['customer_id']}".encode()).hexdigest()[:12],
            row["health_category"].replace("_", " "),
            f"{row['health_score']:.1f}",
            row["weakest_component"],
            row["recommended_actions"][0] if row["recommended_actions"] else "–",
        ]
        for row in at_risk[:50]
    ]
    assert any(row["recommended_actions"] for row in at_risk)


def test_a_failed_check_a_source_that_is_off_and_a_failed_sync_are_told(
    sample_warehouse: DbtWarehouse, open_page: Open, tmp_path: Path
) -> None:
    at, day = "2026-11-21T06:00:00Z", LAST_DAY.isoformat()
    table_of = sample_warehouse.project + ".ops."
    head = {"run_id": "run 1", "checked_day": day, "layer": "gold", "table_name": "marts.executive_kpis"}
    check = {"check_name": "freshness", "severity": "error", "observed": "x", "expected": "y"}
    rows = {
        "quality_checks": [
            {**head, **check, "checked_at": "2026-11-20T06:00:00Z", "passed": False, "message": "an older run"},
            {**head, **check, "checked_at": at, "passed": False, "message": "Gold is <late>. Backfill it."},
            {**head, **check, "checked_at": at, "check_name": "volume", "passed": True, "message": "as usual"},
        ],
        "quality_scores": [{**head, "scored_at": at, "score": 75.0, "checks": 4, "errors": 1, "warnings": 0}],
        "activation_runs": [
            {
                "sync_name": "leads", "run_id": "run 1", "destination": "salesforce Lead", "status": "failed",
                "is_full_resync": False, "finished_at": at,
                **dict.fromkeys(("adds", "changes", "removes", "rejects", "sent", "rejected", "pending"), 1),
                **dict.fromkeys(("in_destination", "dead_letters", "open_removals"), 0),
            }
        ],
        "job_costs": [
            {
                "cost_day": day, "dag_id": "build_gold", "job_type": "QUERY", "jobs": 1, "failed_jobs": 0,
                "bytes_processed": 1, "bytes_billed": 1, "slot_ms": 1, "cost_usd": cost, "measured_at": at,
            }
            for cost in ("1.25", "2.5")
        ],
    }  # fmt: skip
    warehouse = WarehouseClient(project_id=sample_warehouse.project, location="US")
    for name, lines in rows.items():
        warehouse.append_rows(table_of + name, lines)
    folder = write(sample_warehouse, tmp_path, sources_off=["zendesk"])
    executive, data = open_page(folder, "executive"), open_page(folder, "data")
    assert executive.said + data.said == []
    assert "zendesk" in executive.page.locator(".note").first.inner_text()
    assert "1 quality check of severity error" in executive.page.inner_text("main")
    assert executive.page.locator(".tile[data-metric=revenue] .foot a.bad").inner_text() == "quality: 1 failed"
    text = data.page.inner_text("main")
    assert "Gold is <late>. Backfill it." in text
    assert "an older run" not in text
    assert data.page.locator("tr[id=executive_kpis] td[data-value='75.0']").count() == 1
    assert data.page.locator("td", has_text="leads").locator("xpath=..").inner_text().count("failed") == 1
    data.page.locator("[data-widget=costs] summary").click()
    assert data.page.locator("[data-widget=costs] td[data-value='3.75']").inner_text() == "$3.75"
