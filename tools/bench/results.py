"""What was measured, and where it is kept: the table of the newest results, and a dated page with a plot."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot

from tools.local.services import REPOSITORY

PAGES = REPOSITORY / "docs" / "benchmarks"
NEWEST = PAGES / "README.md"
BEGIN, END = "<!-- results: written by `make bench` -->\n", "<!-- end of results -->"


@dataclass
class Chart:
    """One panel of the plot.

    :param title: what the bars show, with the unit.
    :param bars: value by label.
    :param goal: where to draw the line that a bar should not pass; None draws none.
    """

    title: str
    bars: dict[str, float]
    goal: float | None = None


@dataclass
class Results:
    """Rows of (claim, measured), and the charts that go with them."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)

    def add(self, claim: str, measured: str) -> None:
        """Keep a figure, and show it."""
        self.rows.append((claim, measured))
        print(f"   {claim}: {measured}", flush=True)


def machine() -> str:
    """Return what the figures depend on most."""
    return f"{os.cpu_count()} cores, {platform.machine()}, embedded warehouse"


def table(results: Results, conditions: str) -> str:
    """Return the figures as Markdown."""
    lines = "".join(f"| {claim} | {measured} |\n" for claim, measured in results.rows)
    return f"{conditions}\n\n| claim | measured |\n|---|---|\n{lines}"


def plot(results: Results, path: Path) -> None:
    """Draw the charts into an SVG file."""
    # The same figures give the same file.
    mpl.rcParams["svg.hashsalt"] = "bench"
    figure, panels = pyplot.subplots(
        len(results.charts), 1, figsize=(9, 2.2 * len(results.charts)), layout="constrained", squeeze=False
    )
    for chart, panel in zip(results.charts, panels[:, 0], strict=True):
        labels = list(chart.bars)
        bars = panel.barh(labels, [chart.bars[label] for label in labels], color="#3b6ea5")
        panel.bar_label(bars, fmt="{:,.3g}", padding=3)
        panel.invert_yaxis()
        panel.margins(x=0.12)
        panel.set_title(chart.title, loc="left", fontsize=10)
        panel.spines[["top", "right"]].set_visible(False)
        if chart.goal is not None:
            panel.axvline(chart.goal, color="#b3402a", linestyle="--", linewidth=1)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def replace_section(page: Path, begin: str, end: str, text: str) -> None:
    """Replace what stands between two marks of a page.

    :param begin: the first mark, with its line's end.
    :param end: the second.
    """
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}{text}{end}{after}")


def keep(results: Results, conditions: str) -> Path:
    """Write the table of the newest results and the dated page with its plot.

    :param results: what was measured.
    :param conditions: sample and machine, a sentence.
    :return: the page.
    """
    replace_section(NEWEST, BEGIN, END, table(results, conditions))
    PAGES.mkdir(parents=True, exist_ok=True)
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    page, picture = PAGES / f"{day}.md", PAGES / f"{day}.svg"
    if results.charts:
        plot(results, picture)
    drawn = f"\n![The figures as bars; dashed lines are goals]({picture.name})\n" if results.charts else ""
    page.write_text(f"# Benchmark of {day}\n\n{table(results, conditions)}{drawn}")
    return page
