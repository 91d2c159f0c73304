"""The dashboards of warehouses that are built, small, broken or empty, in a browser without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from martech.dashboards.operators import WriteDashboardsOperator
from playwright.sync_api import Browser, Page, sync_playwright

from tests.dbt.dbt_warehouse import LAST_DAY, DbtWarehouse
from tests.gold_pages import page_arguments
from tools.browser import browser_path

# The morning after the newest day of the sample.
MORNING = datetime.combine(LAST_DAY + timedelta(days=1), datetime.min.time(), UTC).replace(hour=9)
OPS = ("quality_checks", "quality_scores", "job_costs", "activation_runs")


@dataclass
class Opened:
    """A page in the browser, and what its console said.

    :param page: the page.
    :param said: errors and warnings, and what it asked the network for.
    """

    page: Page
    said: list[str] = field(default_factory=list)

    def payload(self) -> dict[str, Any]:
        """Return what the page's script reads."""
        found: dict[str, Any] = json.loads(self.page.locator("#payload").text_content() or "{}")
        return found

    def value(self, metric: str, within: str = ".tile") -> float | None:
        """Return a metric as the page has it; None where it has nothing to say.

        :param metric: its name.
        :param within: CSS of the element that shows it.
        """
        text = self.page.locator(f"{within}[data-metric={metric}]").first.get_attribute("data-value")
        return float(text) if text else None


def write(warehouse: DbtWarehouse, folder: Path, *, sources_off: list[str] | None = None, named: bool = False) -> Path:
    """Write the pages of a warehouse into a folder, and return the folder.

    :param sources_off: names of sources that are off.
    :param named: whether customers are named.
    """
    operator = WriteDashboardsOperator(
        task_id="write_pages",
        load_sources_off=lambda: sources_off or [],
        tables={
            "customer_health_scores": warehouse.table("gold.customer_health_scores"),
            "pseudonym_key": warehouse.table("secrets.pseudonym_key"),
            **{name: warehouse.table(f"ops.{name}") for name in OPS},
        },
        deadline_hour=8,
        named=named,
        **page_arguments(warehouse, folder),
    )
    place = operator.execute({"ti": SimpleNamespace(dag_id="write_dashboards", task_id="write_pages", run_id="run 1")})
    assert place == (folder / "executive.html").as_uri()
    return folder


@pytest.fixture(autouse=True)
def morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the morning after the sample's newest day."""
    monkeypatch.setattr(WriteDashboardsOperator, "_now", staticmethod(lambda: MORNING))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, as whom CI runs.
        chromium = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Return a function that opens a page of a folder; nothing but files may be asked for."""
    pages: list[Page] = []

    def opened(folder: Path, name: str, *, now: datetime = MORNING, dark: bool = False, width: int = 1280) -> Opened:
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", locale="en-US"
        )
        pages.append(page)
        page.clock.set_fixed_time(now)
        found = Opened(page)
        page.on("console", lambda message: found.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: found.said.append(f"error: {error}"))
        page.on(
            "request",
            lambda request: found.said.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
        )
        page.goto((folder / f"{name}.html").as_uri())
        return found

    yield opened
    for page in pages:
        page.close()
