"""The pages: one template each, one style, one script, and the charting library beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from martech.dashboards.cube import Cube
from martech.dashboards.metrics import Metric
from martech.quality.scores import Score
from martech.reports.charts import grade
from martech.reports.templates import templates_of

FOLDER = Path(__file__).parent
TEMPLATES = templates_of(FOLDER)
# Blanks would be a tenth of a large page.
TEMPLATES.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
PAGES = {
    "executive": "Executive",
    "attribution": "Attribution",
    "campaigns": "Campaigns",
    "customers": "Customers",
    "data": "Data",
    "definitions": "Definitions",
}
# What every page loads from beside itself, by the name it has there.
FILES = {"chart.js": FOLDER / "vendor" / "chart.umd.min.js", "dashboards.js": FOLDER / "dashboards.js"}
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class DashboardData:
    """What the pages show.

    :param made_at: when they were made, UTC.
    :param deadline_hour: hour of the day, UTC, from which gold must have the day before.
    :param metrics: the metrics by name.
    :param targets: what a metric should be, by name: of a ratio its value, of a sum its amount of a month.
    :param cubes: answers of the saved queries by name.
    :param scores: newest score and its day by (layer, table); the table of a layer's own score is None.
    :param failed: failed checks, the newest of each layer.
    :param calls: who needs a call.
    :param named: whether they are named.
    :param costs: cost by day and DAG.
    :param syncs: newest run of each sync.
    :param sources_off: names of sources that are off.
    :param currency: currency of all money.
    """

    made_at: datetime
    deadline_hour: int
    metrics: Mapping[str, Metric]
    targets: Mapping[str, float]
    cubes: Mapping[str, Cube]
    scores: Mapping[tuple[str, str | None], tuple[date, Score]]
    failed: Sequence[Mapping[str, Any]]
    calls: Sequence[Mapping[str, Any]]
    named: bool
    costs: Cube
    syncs: Sequence[Mapping[str, Any]]
    sources_off: Sequence[str]
    currency: str
    newest_day: str | None = field(init=False)

    def __post_init__(self) -> None:
        """Find the newest day of gold."""
        days = [row["day"] for row in self.cubes["business_by_day"].rows]
        object.__setattr__(self, "newest_day", max(days, default=None))

    @cached_property
    def _gold_scores(self) -> Mapping[str, tuple[date, Score]]:
        return {str(name).rpartition(".")[2]: score for (layer, name), score in self.scores.items() if layer == "gold"}

    def quality(self, table: str) -> dict[str, Any] | None:
        """Return the newest score of a table of gold as a page shows it; None where it was not scored.

        :param table: its name.
        """
        if table not in self._gold_scores:
            return None
        day, score = self._gold_scores[table]
        return {
            "day": day.isoformat(), "score": score.score, "errors": score.errors, "warnings": score.warnings,
            "state": "error" if score.errors else grade(score.score),
        }  # fmt: skip

    def payload(self, queries: Sequence[str]) -> dict[str, Any]:
        """Return what a page's script reads.

        :param queries: names of the cubes that the page shows.
        """
        tables = sorted({metric.table for metric in self.metrics.values()})
        return {
            "newest_day": self.newest_day,
            "deadline_hour": self.deadline_hour,
            "currency": self.currency,
            "metrics": {name: metric.as_json() for name, metric in self.metrics.items()},
            "targets": self.targets,
            "quality": {table: self.quality(table) for table in tables},
            "cubes": {name: self._cube(name).as_json() for name in queries},
        }

    def _cube(self, name: str) -> Cube:
        return self.costs if name == "costs" else self.cubes[name]


QUERIES = {
    "executive": ("business_by_day", "leads_by_status"),
    "attribution": ("credit_by_channel", "journeys_by_path"),
    "campaigns": ("campaigns_by_day",),
    "customers": ("customers_by_stage", "cohorts_by_month"),
    "data": ("costs",),
    "definitions": (),
}


def render_pages(data: DashboardData) -> dict[str, str]:
    """Return every file of the dashboards by its name.

    :param data: what they show.
    :raises ValueError: for a page that is larger than a page may be.
    """
    files = {name: path.read_text() for name, path in FILES.items()}
    for name, title in PAGES.items():
        page = TEMPLATES.get_template(f"{name}.html.j2").render(
            data=data, name=name, title=title, pages=PAGES, payload=data.payload(QUERIES[name])
        )
        if len(page.encode()) > MOST_BYTES:
            raise ValueError(f"{name}.html has {len(page.encode()):,} bytes: lower HISTORY or MOST in operators.py.")
        files[f"{name}.html"] = page
    return files
