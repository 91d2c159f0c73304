"""The guide's steps before the first run (docs/deployment.md), on the sample as its connectors deliver it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from include.pipeline.sources import load_sources
from tests.landing.conftest import Warehouse
from tools.local.fivetran import AIRFLOW_CONNECTION, FivetranServer, sample_settings
from tools.local.services import REPOSITORY
from tools.sample_sources.generate import generate
from tools.sample_sources.recipe import Recipe
from tools.sample_sources.sync import sync

GUIDE = REPOSITORY / "docs" / "deployment.md"
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture(scope="module")
def guided(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A project whose connectors have synced two days of the sample."""
    sample = tmp_path_factory.mktemp("sample")
    generate(Recipe(80, YESTERDAY - timedelta(days=1), YESTERDAY, seed=7, difficulty="normal"), sample)
    sync(sample, project=warehouse.client.project)
    return warehouse


def doctor(warehouse: Warehouse, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run what `make doctor` runs."""
    return subprocess.run(
        [sys.executable, "-m", "tools.doctor"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}",
            "BIGQUERY_EMULATOR_HOST": os.environ["BIGQUERY_EMULATOR_HOST"],
            "MARKETING_PROJECT_ID": warehouse.client.project,
            **variables,
        },
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_guides_command_examines_a_shop_and_nothing_else(guided: Warehouse) -> None:
    """The names in the guide's command are those that the code reads."""
    (command,) = re.findall(r"`(MARKETING_PROJECT_ID=… [^`]* make doctor)`", GUIDE.read_text())
    names = {part.partition("=")[0] for part in command.split() if "=" in part}
    found = doctor(guided, **{name: value for name, value in sample_settings().items() if name in names})
    assert found.returncode == 0, found.stdout + found.stderr
    lines = {source: re.findall(rf"^{source} +(.*)$", found.stdout, re.MULTILINE) for source in load_sources()}
    assert any("connection shopify" in line for line in lines["shopify"])
    assert all(line.endswith("off") for source in load_sources() if source != "shopify" for line in lines[source])


def test_a_project_that_follows_the_guide_may_run(guided: Warehouse) -> None:
    fivetran = FivetranServer()
    fivetran.start()
    try:
        connection = {f"AIRFLOW_CONN_{AIRFLOW_CONNECTION.upper()}": json.dumps(fivetran.connection)}
        well = doctor(guided, **sample_settings(), **connection)
        fivetran.facts["zendesk"]["setup_state"] = "broken"
        broken = doctor(guided, **sample_settings(), **connection)
    finally:
        fivetran.stop()
    assert well.returncode == 0, well.stdout + well.stderr
    assert broken.returncode == 1
    assert "zendesk is broken" in broken.stdout
