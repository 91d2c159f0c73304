"""What dbt and Airflow must read alike."""

from __future__ import annotations

import pytest
import yaml
from jinja2 import Environment

from include.pipeline.settings import DBT_DIR, SettingsError, load_settings


@pytest.mark.parametrize("environ", [{}, {"MARKETING_MAXIMUM_BYTES_BILLED": "1000"}])
def test_dbt_and_airflow_have_one_limit_of_bytes(environ: dict[str, str]) -> None:
    jinja = Environment()  # noqa: S701 - this is YAML
    jinja.filters["as_number"] = int
    profile = yaml.safe_load((DBT_DIR / "profiles.yml").read_text())["marketing"]["outputs"]["prod"]
    rendered = jinja.from_string(profile["maximum_bytes_billed"]).render(env_var=environ.get)
    assert int(rendered) == load_settings(environ).maximum_bytes_billed


def test_a_limit_that_is_no_number_names_its_variable() -> None:
    with pytest.raises(SettingsError, match="MARKETING_MAXIMUM_BYTES_BILLED='1 TB' is not a whole number of bytes"):
        load_settings({"MARKETING_MAXIMUM_BYTES_BILLED": "1 TB"})


@pytest.mark.parametrize(
    ("environ", "schedule"),
    [
        ({}, "0 8 * * *"),
        ({"MARKETING_GOLD_DEADLINE": "06:05"}, "5 6 * * *"),
        ({"MARKETING_DAILY_SCHEDULE": "none"}, "none"),
    ],
)
def test_deadline_is_watched_where_the_chain_runs_by_the_clock(environ: dict[str, str], schedule: str) -> None:
    assert load_settings(environ).gold_deadline_schedule == schedule


@pytest.mark.parametrize("deadline", ["8", "24:00", "08:60", "8:00", "08:00:00"])
def test_deadline_that_is_no_time_names_its_variable(deadline: str) -> None:
    with pytest.raises(SettingsError, match=r"MARKETING_GOLD_DEADLINE=.* write it as HH:MM"):
        load_settings({"MARKETING_GOLD_DEADLINE": deadline})


@pytest.mark.parametrize(
    ("environ", "schedule"),
    [
        ({}, "30 6 * * *"),
        ({"MARKETING_DAILY_SCHEDULE": "none"}, "none"),
        ({"MARKETING_DAILY_SCHEDULE": "none", "MARKETING_OPERATIONS_SCHEDULE": "0 9 * * *"}, "0 9 * * *"),
    ],
)
def test_operations_are_off_where_the_chain_is(environ: dict[str, str], schedule: str) -> None:
    assert load_settings(environ).operations_schedule == schedule
