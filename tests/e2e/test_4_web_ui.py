"""Last chapter: what an engineer sees in Airflow's web UI. Screenshots are kept in ``.local/screenshots``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from include.pipeline.assets import GOLD_ASSET, SCHEMA_ASSET, SILVER_ASSET, source_asset
from include.pipeline.dbt_steps import SILVER
from include.pipeline.sources import load_sources
from tests.e2e.conftest import Story
from tools.browser import browser_path
from tools.local.services import REPOSITORY
from tools.local.stack import AIRFLOW_3, LocalStack

READY_MILLISECONDS = 30_000
expect.set_options(timeout=READY_MILLISECONDS)
CHAIN = ("choose_days", *(step.task_id for step in SILVER), "publish_days")


@pytest.fixture(scope="module")
def page(story: Story) -> Iterator[Page]:
    """Open a browser on the story's Airflow."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, as whom CI runs.
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        page = browser.new_page(base_url=story.stack.ui_url, viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(READY_MILLISECONDS)
        yield page
        browser.close()


def is_airflow_3(story: Story) -> bool:
    """Whether this line has the new UI."""
    return story.stack.line >= AIRFLOW_3


def keep(page: Page, stack: LocalStack, name: str) -> None:
    """Keep a screenshot, once the page has stopped moving."""
    page.wait_for_timeout(1000)
    page.screenshot(path=REPOSITORY / ".local" / "screenshots" / f"airflow{stack.line}-{name}.png")


def test_the_dag_list_shows_every_dag_and_no_import_error(story: Story, page: Page) -> None:
    page.goto("/dags" if is_airflow_3(story) else "/home")
    for dag in story.stack.query_metadata(
        "select dag_id from dag where not is_stale" if is_airflow_3(story) else "select dag_id from dag where is_active"
    ):
        expect(page.get_by_role("link", name=str(dag["dag_id"]), exact=True).first).to_be_attached()
    keep(page, story.stack, "dags")
    assert "import error" not in page.inner_text("body").lower()


def test_the_grid_shows_the_runs_of_the_chain(story: Story, page: Page) -> None:
    page.goto("/dags/build_silver" if is_airflow_3(story) else "/dags/build_silver/grid")
    runs = story.stack.query_metadata("select run_id from dag_run where dag_id = 'build_silver'")
    squares = page.locator("a[href*='/dags/build_silver/runs/'], [data-testid=run]")
    expect(squares.first).to_be_visible()
    for text in ("build_silver", *CHAIN):
        # The DAG's own text, which is hidden here, names tasks too.
        expect(page.get_by_text(text, exact=True).locator("visible=true").first).to_be_visible()
    keep(page, story.stack, "grid")
    assert squares.count() >= len(runs)


def test_the_graph_shows_dbt_and_what_it_publishes(story: Story, page: Page) -> None:
    if is_airflow_3(story):
        page.goto("/dags/build_silver")
        page.get_by_role("button", name="Show Graph").click()
    else:
        page.goto("/dags/build_silver/grid?tab=graph")
    nodes = page.locator(".react-flow__node")
    expect(nodes.first).to_be_visible()
    # Only what is in view is drawn, and where the view begins depends on what was there first.
    page.locator(".react-flow__controls-fitview").first.click()
    for text in CHAIN:
        expect(nodes.filter(has_text=text).first).to_be_visible()
    keep(page, story.stack, "graph")


def test_the_docs_say_what_to_do_when_it_fails(story: Story, page: Page) -> None:
    page.goto("/dags/build_silver" if is_airflow_3(story) else "/dags/build_silver/grid")
    page.get_by_role("button", name="Dag Docs").click()
    expect(page.get_by_text("When it fails", exact=True)).to_be_visible()
    keep(page, story.stack, "docs")


def test_the_asset_view_shows_every_link_of_the_chain(story: Story, page: Page) -> None:
    page.goto("/assets" if is_airflow_3(story) else "/datasets")
    sources = [source_asset(source) for source in load_sources()]
    for asset in (SCHEMA_ASSET, *sources, SILVER_ASSET, GOLD_ASSET):
        expect(page.get_by_text(asset.uri, exact=True).first).to_be_attached()
    keep(page, story.stack, "assets")


def test_nothing_listens_to_other_machines(story: Story) -> None:
    """Nobody is asked for a password on this machine."""
    own = psutil.Process()
    listening = set()
    for process in [own, *own.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile
            connections = process.net_connections()
            listening |= {found.laddr.ip for found in connections if found.status == psutil.CONN_LISTEN}
    assert listening, "the web UI at least"
    assert {ip.removeprefix("::ffff:") for ip in listening} <= {"127.0.0.1", "::1"}
