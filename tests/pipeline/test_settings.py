"""What dbt and Airflow must read alike."""

from __future__ import annotations

import os

import pytest
import yaml
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context

from include.pipeline.settings import DBT_DIR, SettingsError, load_settings


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {
            "MARKETING_PROJECT_ID": "another-project",
            "MARKETING_LOCATION": "EU",
            "MARKETING_MAXIMUM_BYTES_BILLED": "1000",
        },
    ],
)
def test_dbt_and_airflow_connect_to_the_same_project(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("MARKETING_PROJECT_ID", "MARKETING_LOCATION", "MARKETING_MAXIMUM_BYTES_BILLED"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    set_invocation_context(os.environ)  # where dbt's env_var() looks
    profile = yaml.safe_load((DBT_DIR / "profiles.yml").read_text())["marketing"]["outputs"]["prod"]
    dbt = ProfileRenderer().render_data(profile)
    settings = load_settings(environ)
    airflow = (settings.project_id, settings.location, settings.maximum_bytes_billed)
    assert airflow == (dbt["project"], dbt["location"], dbt["maximum_bytes_billed"])


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
    ("name", "schedule"),
    [("operations_schedule", "30 6 * * *"), ("fit_schedule", "0 7 1 * *"), ("letter_schedule", "0 9 * * 1")],
)
def test_operations_are_off_where_the_chain_is(name: str, schedule: str) -> None:
    off = {"MARKETING_DAILY_SCHEDULE": "none"}
    assert getattr(load_settings({}), name) == schedule
    assert getattr(load_settings(off), name) == "none"
    assert getattr(load_settings({**off, f"MARKETING_{name.upper()}": "0 9 * * *"}), name) == "0 9 * * *"
