"""The page of a sync: what a run changes, what is rejected and why, match rates, size over time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from martech.activation.sync import Sync
from martech.reports.charts import Point, line_chart
from martech.reports.templates import templates_of

TEMPLATES = templates_of(Path(__file__).parent)
# Actions of which a page shows records; of the others it says how many there are.
SHOWN_ACTIONS = ("add", "change", "remove", "reject")
# Of a record's key a page shows the end: enough to find it, too little to name somebody.
KEY_CHARACTERS = 4
NOT_KEPT = "?"
FAILURES = ("failed", "incomplete", "removals_open", "too_many_rejects")


@dataclass(frozen=True)
class SyncPage:
    """What the page shows.

    :param run: the run's row of ``activation_runs``.
    :param preview: what :func:`preview_of` returned before the run sent anything; empty where it did not come so far.
    :param rejects: open dead letters by reason.
    :param requests: what became of requests that the destination processed later, the newest first.
    :param history: records at the destination by day.
    """

    sync: Sync
    run: Mapping[str, Any]
    preview: Sequence[Mapping[str, Any]]
    rejects: Sequence[Mapping[str, Any]]
    requests: Sequence[Mapping[str, Any]]
    history: Sequence[Mapping[str, Any]]


def preview_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what a plan would do, with samples before and after; plain values, fit for XCom.

    :param rows: of :meth:`martech.activation.ledger_plan.PlanLedger.preview`; values are masked there.
    """
    return [
        {
            "action": row["action"],
            "records": row["records"],
            "samples": [_sample(row["action"], json.loads(text)) for text in row["samples"]]
            if row["action"] in SHOWN_ACTIONS
            else [],
        }
        for row in rows
    ]


def _sample(action: str, found: Mapping[str, Any]) -> dict[str, Any]:
    after = json.loads(found["shown"] or "{}")
    if found["known_shown"] is None and action == "change":
        before = dict.fromkeys((found["changed_fields"] or "").split(","), NOT_KEPT)
        after = {name: value for name, value in after.items() if name in before}
    else:
        before = json.loads(found["known_shown"] or "{}")
    names = [name for name in {**after, **before} if before.get(name) != after.get(name)]
    return {
        "key": f"…{found['key'][-KEY_CHARACTERS:]}",
        "reason": found["reject_reason"],
        "fields": [[name, _text(before.get(name)), _text(after.get(name))] for name in names],
    }


def _text(value: Any) -> str:
    return "–" if value is None else str(value)


def render_page(page: SyncPage) -> str:
    """Return the page as HTML."""
    points = [Point(row["day"], row["in_destination"]) for row in page.history]
    status = page.run["status"]
    state = "error" if status in FAILURES else "ok" if status in ("succeeded", "dry_run") else "warning"
    return TEMPLATES.get_template("report.html.j2").render(
        page=page,
        state=state,
        size=line_chart(points, label=f"Records at {page.sync.target} by day", width=680, height=160),
    )
