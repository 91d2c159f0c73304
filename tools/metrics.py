"""Write the queries of the dashboards from the metrics: ``make metrics``.

A metric has one home, ``include/dbt/models/metrics``: what it measures, of which model, how it may be cut. What a page
reads is a saved query there. MetricFlow makes GoogleSQL of it, which is kept in ``include/sql/metrics``, so that
production needs no MetricFlow and everybody can read what is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.big_query import BigQuerySqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from include.pipeline.settings import MANIFEST, SQL_DIR, settings

FOLDER = SQL_DIR / "metrics"
SEMANTIC_MANIFEST = MANIFEST.with_name("semantic_manifest.json")
ADDRESS = re.compile(r"`[^`]+`\.`(?P<dataset>[^`]+)`\.`(?P<table>[^`]+)`")


class GoogleSql:
    """What MetricFlow asks of a client of which it wants SQL and no answers."""

    sql_engine_type = SqlEngine.BIGQUERY
    sql_plan_renderer = BigQuerySqlPlanRenderer()


def _placed(match: re.Match[str]) -> str:
    """Return a table's address as the DDL writes it: datasets are named when it runs."""
    layer = next(layer.name for layer in settings.layers.values() if layer.dataset == match["dataset"])
    return f"`{{{{ project_id }}}}.{{{{ {layer}_dataset }}}}.{match['table']}`"


def _in_order(value: Any) -> Any:
    """Return a part of the manifest with all that has a name in the order of the names.

    dbt lists what it has parsed in the order in which it read the files, and MetricFlow's SQL follows that order.
    """
    if isinstance(value, dict):
        return {key: _in_order(part) for key, part in value.items()}
    if isinstance(value, list):
        parts = [_in_order(part) for part in value]
        named = all(isinstance(part, dict) and "name" in part for part in parts)
        return sorted(parts, key=lambda part: part["name"]) if named else parts
    return value


def queries(semantic_manifest: str) -> Mapping[Path, str]:
    """Return the SQL of the saved queries, by file.

    :param semantic_manifest: the JSON that dbt writes of semantic models, metrics and saved queries.
    :raises metricflow_semantics.errors.error_classes.InvalidQueryException: where a saved query cannot be answered.
    """
    manifest = parse_manifest_from_dbt_generated_manifest(json.dumps(_in_order(json.loads(semantic_manifest))))
    engine = MetricFlowEngine(SemanticManifestLookup(manifest), GoogleSql())
    found = {}
    for query in manifest.saved_queries:
        explained = engine.explain(MetricFlowQueryRequest.create(saved_query_name=query.name))
        sql = ADDRESS.sub(_placed, explained.sql_statement.without_descriptions.sql)
        head = "-- Written by `make metrics` from include/dbt/models/metrics; do not edit."
        found[FOLDER / f"{query.name}.sql"] = f"{head}\n{sql}\n"
    return found


def main() -> None:
    """Write the files, and remove those of queries that are gone."""
    written = queries(SEMANTIC_MANIFEST.read_text())
    FOLDER.mkdir(exist_ok=True)
    for path in set(FOLDER.glob("*.sql")) - written.keys():
        path.unlink()
    for path, text in written.items():
        path.write_text(text)


if __name__ == "__main__":
    main()
