"""Pages with as much as they may show: of a large company, with every day, channel, campaign and path."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from pathlib import Path

from martech.dashboards.cube import Cube
from martech.dashboards.metrics import metrics_of
from martech.dashboards.operators import HISTORY, MOST
from martech.dashboards.pages import MOST_BYTES, QUERIES, DashboardData, render_pages

from include.pipeline.dbt_manifest import load_manifest
from tests.dashboards.conftest import MORNING, Opened
from tests.dbt_project import parsed_project

CHANNELS = [f"Channel {number}" for number in range(14)]
NAMES = {
    "channel": CHANNELS,
    "attribution_model": ["first_touch", "last_touch", "last_non_direct", "linear", "time_decay", "position_based",
                          "markov", "shapley"],
    "lifecycle_stage": [f"stage {number}" for number in range(10)],
    "health_category": ["healthy", "neutral", "at_risk", "critical"],
    "weakest_component": [f"component {number}" for number in range(6)],
    "months_since": [str(number) for number in range(24)],
    "qualification_status": [f"status {number}" for number in range(6)],
}  # fmt: skip


def test_the_largest_pages_fit_and_open(open_page: Callable[..., Opened], tmp_path: Path) -> None:
    manifest, chance = load_manifest(parsed_project()[1]), random.Random(7)  # noqa: S311 - figures of a test
    days = [(MORNING - timedelta(days=ago)).date().isoformat() for ago in range(1, HISTORY.days + 1)]
    months = [date(2025 + number // 12, number % 12 + 1, 1).isoformat() for number in range(24)]
    known, cubes = metrics_of(manifest), {}

    def amount(metric: str) -> float:
        """Return a figure as gold has it: whole counts, money with cents, shares of money and of conversions."""
        value = chance.uniform(0, 9999)
        if known[metric].unit == "count":
            return round(value)
        return round(value, 6 if metric.startswith(("credited", "attributed")) else 2)

    shown = {name for names in QUERIES.values() for name in names}
    for query in (query for query in manifest["saved_queries"].values() if query["name"] in shown):
        name, metrics = query["name"], tuple(query["query_params"]["metrics"])
        if name == "campaigns_by_day":
            rows = [
                {"day": day, "platform": "google_ads", "channel": CHANNELS[n % 14], "campaign_name": f"a campaign {n}"}
                for day, n in product(days, range(MOST[name][1] + 1))
            ]
        elif name == "journeys_by_path":
            paths = [" > ".join(chance.choices(CHANNELS, k=4)) for _ in range(MOST[name][1] + 1)]
            rows = [{"day": day, "journey_path": path} for day, path in product(days, paths)]
        else:
            # What a saved query is cut by, by the short names of its columns.
            cuts = [cut.split("'")[1].rpartition("__")[2] for cut in query["query_params"]["group_by"]]
            spans = [("month", months) if "cohort" in name else ("day", days)] if "metric_time" in cuts else []
            spans += [(cut, NAMES[cut]) for cut in cuts if cut != "metric_time"]
            rows = [
                dict(zip([cut for cut, _ in spans], values, strict=True))
                for values in product(*(found for _, found in spans))
            ]
        cubes[name] = Cube(
            tuple(rows[0]), metrics, [row | {metric: amount(metric) for metric in metrics} for row in rows]
        )
    costs = Cube(("day", "dag"), ("cost_usd",), [])
    data = DashboardData(
        made_at=MORNING, deadline_hour=8, metrics=known, targets={}, cubes=cubes, scores={}, failed=[],
        calls=[], named=False, costs=costs, syncs=[], sources_off=[], currency="USD",
    )  # fmt: skip
    for name, text in render_pages(data).items():
        (tmp_path / name).write_text(text)
    for name in QUERIES:
        size = (tmp_path / f"{name}.html").stat().st_size
        opened = open_page(tmp_path, name)
        took = opened.page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart")
        print(f"{name}: {size:,} bytes, open in {took} ms")
        assert opened.said == []
        assert size < MOST_BYTES
