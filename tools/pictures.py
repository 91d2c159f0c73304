"""Take the pictures of the README from what ``make run`` wrote: ``make pictures``."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tools.browser import browser_path
from tools.local.services import REPOSITORY

REPORTS = REPOSITORY / ".local" / "reports"
PICTURES = REPOSITORY / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 860
DASHBOARDS = ("executive", "attribution", "campaigns", "customers")


def take(browser: Browser, page_file: Path, picture: Path) -> None:
    """Keep what a page shows first.

    :param browser: a started browser.
    :param page_file: the page.
    :param picture: where the picture goes.
    """
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-US")
    page.goto(page_file.as_uri())
    page.screenshot(path=picture)
    page.close()


def main() -> int:
    """Take them all; return the exit code."""
    reports = sorted(REPORTS.glob("quality-*.html"))
    if not reports or not (REPORTS / "executive.html").exists():
        print(f"{REPORTS} has no pages: `make run` first.", file=sys.stderr)
        return 1
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root.
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        for name in DASHBOARDS:
            take(browser, REPORTS / f"{name}.html", PICTURES / f"{name}.png")
        take(browser, reports[-1], PICTURES / "quality.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
