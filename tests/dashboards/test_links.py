"""Airflow's UI leads to the pages, by whatever scheme they were written."""

from __future__ import annotations

import pytest
from martech.dashboards.cube import OTHER, Cube, keep_largest
from martech.dashboards.links import DashboardLink, browser_address
from martech.dashboards.operators import WriteDashboardsOperator
from martech_plugin import MartechPlugin


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("gs://bucket/reports/executive.html", "https://storage.cloud.google.com/bucket/reports/executive.html"),
        (
            "gs://google_cloud_default@bucket/r/executive.html",
            "https://storage.cloud.google.com/bucket/r/executive.html",
        ),
        ("file:///reports/executive.html", "file:///reports/executive.html"),
        ("", ""),
    ],
)
def test_the_address_is_one_that_a_browser_opens(place: str, address: str) -> None:
    assert browser_address(place) == address


def test_airflow_knows_the_link_by_name() -> None:
    assert [type(link) for link in WriteDashboardsOperator.operator_extra_links] == [DashboardLink]
    assert [type(link) for link in MartechPlugin.operator_extra_links] == [DashboardLink]


def test_the_smallest_become_one_of_each_day_and_no_amount_is_lost() -> None:
    rows = [
        {"day": day, "campaign_name": name, "channel": "Email", "spend": spend}
        for day, name, spend in (("1", "a", 9), ("1", "b", 2), ("1", "c", 1), ("2", "b", 3), ("2", "c", None))
    ]
    kept = keep_largest(Cube(("day", "campaign_name", "channel"), ("spend",), rows), "campaign_name", 1, "spend")
    assert [(row["day"], row["campaign_name"], row["channel"], row["spend"]) for row in kept.rows] == [
        ("1", "a", "Email", 9),
        ("1", OTHER, OTHER, 3),
        ("2", OTHER, OTHER, 3),
    ]
    assert keep_largest(kept, "campaign_name", 2, "spend") is kept
