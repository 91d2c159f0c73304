"""The dashboards' queries are what MetricFlow writes of the metrics (``make metrics``), and cover every metric."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from martech.dashboards import pages
from martech.dashboards.metrics import MetricError, metrics_of

from include.dashboards.declared_targets import load_targets
from include.pipeline.dbt_manifest import load_manifest
from tests.dbt_project import parsed_project
from tools.metrics import FOLDER, queries

VENDOR = Path(pages.__file__).parent / "vendor"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """Return dbt's manifest of the project as it is now."""
    return load_manifest(parsed_project()[1])


def test_the_queries_are_up_to_date() -> None:
    semantic = parsed_project()[1].with_name("semantic_manifest.json").read_text()
    assert {path: path.read_text() for path in FOLDER.glob("*.sql")} == queries(semantic), "Run `make metrics`."


@pytest.mark.parametrize("seed", range(3))
def test_the_queries_do_not_depend_on_the_order_of_parsing(seed: int) -> None:
    """A first parse and one that builds on what was parsed before list the same things in different orders."""
    semantic = json.loads(parsed_project()[1].with_name("semantic_manifest.json").read_text())
    shuffled = Random(seed)  # noqa: S311 - an order, not a secret
    for part in (semantic["semantic_models"], semantic["metrics"], semantic["saved_queries"]):
        shuffled.shuffle(part)
    for model in semantic["semantic_models"]:
        for part in (model["measures"], model["dimensions"], model["entities"]):
            shuffled.shuffle(part)
    assert queries(json.dumps(semantic)) == {path: path.read_text() for path in FOLDER.glob("*.sql")}


def test_every_metric_is_in_a_query(manifest: dict[str, Any]) -> None:
    metrics = metrics_of(manifest)
    asked = [set(query["query_params"]["metrics"]) for query in manifest["saved_queries"].values()]
    sums = {name for name, metric in metrics.items() if metric.kind == "sum"}
    assert set.union(*asked) == sums
    for metric in metrics.values():
        parts = {metric.numerator, metric.denominator}
        assert metric.kind == "sum" or any(parts <= of_query for of_query in asked), f"{metric.name} is in no query"
        assert metric.unit in {"money", "count", "share", "ratio", "number"}
        assert metric.good in {"up", "down", "none"}


def test_targets_are_of_metrics(manifest: dict[str, Any]) -> None:
    assert set(load_targets()) <= set(metrics_of(manifest))


def test_exposures_read_what_their_pages_show(manifest: dict[str, Any]) -> None:
    tables = {name: metric.table for name, metric in metrics_of(manifest).items()}
    metrics_by_query = {query["name"]: query["query_params"]["metrics"] for query in manifest["saved_queries"].values()}
    exposures = {node["name"]: node for node in manifest["exposures"].values()}
    for page, names in pages.QUERIES.items():
        shown = {tables[metric] for name in names for metric in metrics_by_query.get(name, ())}
        if shown:
            nodes = exposures[f"{page}_dashboard"]["depends_on"]["nodes"]
            assert shown == {manifest["nodes"][node]["alias"] for node in nodes}


def test_what_a_page_cannot_add_up_is_refused(manifest: dict[str, Any]) -> None:
    changed = json.loads(json.dumps({key: manifest[key] for key in ("metrics", "semantic_models")}))
    measure = changed["semantic_models"]["semantic_model.marketing.business"]["measures"][0]
    measure["agg"] = "average"
    with pytest.raises(MetricError, match="Metric revenue is a average"):
        metrics_of(changed)


def test_the_charting_library_is_the_one_of_its_lock() -> None:
    locked = json.loads((VENDOR / "vendor.json").read_text())
    content = (VENDOR / locked["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == locked["sha256"]
    assert f"Chart.js v{locked['version']}".encode() in content[:200]
    assert "MIT" in (VENDOR / locked["licence_file"]).read_text()
    assert locked["licence"] == "MIT"
