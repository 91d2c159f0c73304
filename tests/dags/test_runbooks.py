"""Every DAG has a runbook that an on-call engineer can act by, and every runbook a DAG. Runs on both Airflow lines."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

os.environ.setdefault("DBT_TARGET", "local")

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Airflow 2.11
    from airflow.models import DagBag

from include.pipeline.alert_channels import runbook_of

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = sorted(path for path in (ROOT / "docs" / "runbooks").glob("*.md") if path.stem != "README")
# Prompt that a paragraph of a runbook answers.
PARTS = ("**See**", "**Fix**", "**Proof**")


@pytest.fixture(scope="module")
def dag_ids() -> set[str]:
    return set(DagBag().dags)


def test_every_dag_has_a_runbook_and_every_runbook_a_dag(dag_ids: set[str]) -> None:
    wanted = {ROOT / runbook_of(dag_id) for dag_id in dag_ids}
    assert wanted == set(RUNBOOKS), "Write docs/runbooks/<dag>.md for a new DAG; delete what belongs to none."


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_every_symptom_has_evidence_fix_and_proof(path: Path) -> None:
    _, *symptoms = re.split(r"(?m)^## ", path.read_text())
    assert symptoms, f"{path.name} names no symptom: begin each with «## »."
    for symptom in symptoms:
        title = symptom.partition("\n")[0]
        for part in PARTS:
            assert symptom.count(part) == 1, f"{path.name}, «{title}»: write {part} once."


@pytest.mark.parametrize("path", [*RUNBOOKS, ROOT / "docs" / "deployment.md"], ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
        if not link.startswith("http"):
            assert (path.parent / link).exists(), f"{path.name} links to {link}, which is not there."


def test_the_overview_names_every_runbook() -> None:
    overview = (ROOT / "docs" / "runbooks" / "README.md").read_text()
    for path in RUNBOOKS:
        assert f"({path.name})" in overview
