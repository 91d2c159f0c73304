"""What Looker and Tableau are given can be read, names what exists, and equals what MetricFlow makes of the metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import lkml
import pytest
import yaml
from google.cloud import bigquery
from jinja2 import StrictUndefined, Template
from martech.dashboards.pages import PAGES, QUERIES
from tableaudocumentapi import Datasource

from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import SQL_DIR, settings
from tests.dbt.dbt_warehouse import DbtWarehouse
from tests.dbt_project import parsed_project
from tests.embedded import SAMPLE_PROJECT
from tools.bi.looker import MODEL, PERSONAL, looker_files
from tools.bi.tableau import source_sql, tableau_files
from tools.bi.tables import Query, Table, queries_of, tables_of

PLACE = {"project": SAMPLE_PROJECT, "dataset": settings.layers["gold"].dataset}
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
AGGREGATED = re.compile(r"SUM\(\[(\w+)\]\)")


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """Return dbt's manifest of the project as it is now."""
    return load_manifest(parsed_project()[1])


@pytest.fixture(scope="module")
def tables(manifest: dict[str, Any]) -> dict[str, Table]:
    """Return gold as the tools see it."""
    return {table.name: table for table in tables_of(manifest)}


@pytest.fixture(scope="module")
def queries(manifest: dict[str, Any]) -> dict[str, Query]:
    """Return the saved queries."""
    return queries_of(manifest)


@pytest.fixture(scope="module")
def looker(tables: dict[str, Table], queries: dict[str, Query]) -> dict[str, Any]:
    """Return the files of the Looker project, read by a parser of LookML (dashboards are YAML)."""
    files = looker_files(list(tables.values()), queries=queries, pages=QUERIES, titles=PAGES, **PLACE)
    return {path: yaml.safe_load(text) if path.endswith(".lookml") else lkml.load(text) for path, text in files.items()}


@pytest.fixture(scope="module")
def views(looker: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the views by name."""
    return {view["name"]: view for file in looker.values() if "views" in file for view in file["views"]}


def fields_of(view: Mapping[str, Any]) -> list[str]:
    """Return the names of a view's fields as explores name them."""
    groups = [f"{group['name']}_{frame}" for group in view.get("dimension_groups", ()) for frame in group["timeframes"]]
    return groups + [field["name"] for kind in ("dimensions", "measures") for field in view.get(kind, ())]


def in_sql(view: Mapping[str, Any], sql: str) -> str:
    """Return a field's SQL as Looker would write it, on the table ``t``."""
    measures = {measure["name"]: measure for measure in view.get("measures", ())}

    def aggregate(name: str) -> str:
        inner = in_sql(view, measures[name]["sql"])
        return f"sum({inner})" if measures[name]["type"] == "sum" else f"({inner})"

    return re.sub(r"\$\{(\w+)\}", lambda match: "t" if match[1] == "TABLE" else aggregate(match[1]), sql)


def totals(warehouse: DbtWarehouse, query: Query) -> dict[str, float]:
    """Return the sums of a saved query's metrics over all days, from MetricFlow's SQL; those of one model of each."""
    names = {"project_id": warehouse.project, **settings.variables}
    sql = Template((SQL_DIR / "metrics" / f"{query.name}.sql").read_text(), undefined=StrictUndefined).render(names)
    days = [bigquery.ScalarQueryParameter(name, "DATE", day) for name, day in (("first", FIRST), ("last", LAST))]
    config = bigquery.QueryJobConfig(query_parameters=days if "@first" in sql else [])
    rows = [dict(row) for row in warehouse.client.query(sql, config).result()]
    one = next((name for row in rows for name in row if name.endswith("attribution_model")), None)
    rows = [row for row in rows if one is None or row[one] == "last_non_direct"]
    metrics = [name for name in query.metrics if rows and name in rows[0]]
    return {name: sum(float(row[name] or 0) for row in rows) for name in metrics}


def assert_equals(found: Mapping[str, Any], expected: Mapping[str, float], table: Table) -> None:
    """Assert that figures equal their sums, and ratios the quotients of these."""
    for measure in table.measures:
        metric = measure.metric
        if metric.kind == "sum" and metric.name in expected:
            assert float(found[metric.name] or 0) == pytest.approx(expected[metric.name], rel=1e-9), metric.name
        elif metric.numerator in expected and metric.denominator in expected:
            below = expected[metric.denominator]
            ratio = expected[metric.numerator] / below if below else None
            assert found[metric.name] is ratio is None or float(found[metric.name]) == pytest.approx(ratio), metric.name


def test_every_table_of_gold_is_explored_and_nothing_else(looker: dict[str, Any], views: dict[str, Any]) -> None:
    gold = {path.stem for path in (SQL_DIR / "gold").glob("*.sql")}
    assert set(views) == gold
    assert {explore["name"] for explore in looker[f"{MODEL}.model.lkml"]["explores"]} == gold


def test_fields_have_one_name_each(views: dict[str, Any]) -> None:
    for view in views.values():
        names = fields_of(view)
        assert sorted(names) == sorted(set(names)), view["name"]


def test_dashboards_and_filters_name_fields_that_exist(looker: dict[str, Any], views: dict[str, Any]) -> None:
    exist = {f"{name}.{field}" for name, view in views.items() for field in fields_of(view)}
    named: set[str] = set()
    for path, file in looker.items():
        for dashboard in file if path.endswith(".lookml") else ():
            places = [(tile["row"], tile["col"]) for tile in dashboard["elements"]]
            assert len(places) == len(set(places)), "tiles lie on each other"
            for tile in dashboard["elements"]:
                assert tile["explore"] in views
                named |= {*tile["fields"], *tile.get("pivots", ()), *tile.get("filters", ())}
                named |= {*tile.get("listen", {}).values(), *(sort.split()[0] for sort in tile.get("sorts", ()))}
            named |= {one["field"] for one in dashboard.get("filters", ())}
    for explore in looker[f"{MODEL}.model.lkml"]["explores"]:
        for kind in ("always_filter", "conditionally_filter"):
            for filters in explore.get(kind, {}).get("filters__all", ()):
                named |= {field for one in filters for field in one}
    assert named
    assert named <= exist


def test_a_table_whose_partitions_must_be_named_is_always_filtered(
    looker: dict[str, Any], tables: dict[str, Table]
) -> None:
    needing = {name for name, table in tables.items() if table.needs_days}
    assert needing
    explores = {explore["name"]: explore for explore in looker[f"{MODEL}.model.lkml"]["explores"]}
    for name in needing:
        (filters,) = explores[name]["always_filter"]["filters__all"]
        assert any(
            field.startswith(f"{name}.{str(tables[name].day).removesuffix('_date')}") for f in filters for field in f
        )


def test_personal_columns_need_a_grant(looker: dict[str, Any], views: dict[str, Any], manifest: dict[str, Any]) -> None:
    grants = {grant["name"] for grant in looker[f"{MODEL}.model.lkml"]["access_grants"]}
    assert grants == {PERSONAL}
    granted = {
        (name, field["name"])
        for name, view in views.items()
        for field in (*view["dimensions"], *view["dimension_groups"])
        if field.get("required_access_grants") == [PERSONAL]
    }
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model" and "gold" in node["fqn"]]
    personal = {
        (node["alias"], column["name"])
        for node in nodes
        for column in node["columns"].values()
        if column["config"].get("meta", {}).get("pii") and "<" not in column["data_type"]
    }
    assert personal
    assert granted == personal


def test_every_figure_of_looker_equals_the_metric(
    views: dict[str, Any], tables: dict[str, Table], queries: dict[str, Query], sample_warehouse: DbtWarehouse
) -> None:
    for name, view in views.items():
        table = tables[name]
        fields = [*view["dimensions"], *view["dimension_groups"]]
        where = " and ".join([f"{table.day} >= '{FIRST}'", *(f"{c} = '{v}'" for c, v in table.one_of.items())])
        source = f"`{SAMPLE_PROJECT}.{PLACE['dataset']}.{name}` as t where {where}"
        columns = ", ".join(f"{in_sql(view, field['sql'])} as f{number}" for number, field in enumerate(fields))
        sample_warehouse.query(f"select {columns} from {source} limit 1")
        measures = ", ".join(
            f"{in_sql(view, '${' + measure['name'] + '}')} as {measure['name']}" for measure in view.get("measures", ())
        )
        if not measures:
            continue
        (found,) = sample_warehouse.query(f"select {measures} from {source}")
        asked = [query for query in queries.values() if query.table == name]
        expected = {metric: total for query in asked for metric, total in totals(sample_warehouse, query).items()}
        assert expected.keys() >= {m.metric.name for m in table.measures if m.sql is not None}
        assert_equals(found, expected, table)


def test_a_sum_over_several_attribution_models_is_nothing(
    views: dict[str, Any], sample_warehouse: DbtWarehouse
) -> None:
    view = views["channel_performance"]
    sql = in_sql(view, "${credited_revenue}")
    (row,) = sample_warehouse.query(f"select {sql} as revenue from channel_performance as t", "gold")
    assert row["revenue"] is None


def in_googlesql(formula: str) -> str:
    """Return a formula of Tableau's, of the few words that ours have, in GoogleSQL."""
    condition, _, rest = formula.rpartition(" THEN ")
    sql = AGGREGATED.sub(r"sum(\1)", rest.removesuffix(" END"))
    above, slash, below = sql.partition(" / ")
    sql = f"safe_divide({above}, {below})" if slash else sql
    return f"if({re.sub(r'[][]', '', condition.removeprefix('IF '))}, {sql}, null)" if condition else sql


def test_every_figure_of_tableau_equals_the_metric(
    tables: dict[str, Table], queries: dict[str, Query], sample_warehouse: DbtWarehouse, tmp_path: Path
) -> None:
    files = tableau_files(list(tables.values()), **PLACE)
    assert {name.removesuffix(".tds") for name in files} == {t.title for t in tables.values() if t.measures}
    for table in (table for table in tables.values() if table.measures):
        path = tmp_path / f"{table.name}.tds"
        path.write_text(files[f"{table.title}.tds"])
        source = Datasource.from_file(str(path))
        assert source.connections[0].dbclass == "bigquery"
        fields = {field.id: field for field in source.fields.values()}
        for column in table.columns:
            assert (f"[{column.name}]" in fields) is not column.is_personal, column.name
        formulas = {m.metric.name: fields[f"[{m.metric.name} metric]"].calculation for m in table.measures}
        where = " and ".join([f"{table.day} >= '{FIRST}'", *(f"{c} = '{v}'" for c, v in table.one_of.items())])
        figures = ", ".join(f"{in_googlesql(formula)} as {name}" for name, formula in formulas.items())
        sql = f"select {figures} from ({source_sql(table, **PLACE)}) where {where}"
        (found,) = sample_warehouse.query(sql)
        asked = [query for query in queries.values() if query.table == table.name]
        expected = {metric: total for query in asked for metric, total in totals(sample_warehouse, query).items()}
        assert_equals(found, expected, table)
