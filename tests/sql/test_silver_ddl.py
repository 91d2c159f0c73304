"""What the silver layer promises beyond what every written DDL does (test_written_ddl.py)."""

from __future__ import annotations

import pytest
import sqlglot
import yaml
from jinja2 import Environment, StrictUndefined
from sqlglot import exp

from include.pipeline.layer_ddl import layer_scripts, table_statement
from include.pipeline.settings import DBT_DIR, SQL_DIR, settings

MODELS = {
    model["name"]: model
    for path in sorted((DBT_DIR / "models" / "silver").glob("*.yml"))
    for model in yaml.safe_load(path.read_text())["models"]
}
EVENT_TABLES = {"unified_sessions", "unified_touchpoints", "unified_ad_performance"}


def is_personal(column: dict) -> bool:
    return bool(column.get("config", {}).get("meta", {}).get("pii"))


def test_silver_has_eight_tables_and_three_views():
    kinds = [script.create.kind for script in layer_scripts("silver")]
    assert (kinds.count("table"), kinds.count("view"), len(kinds)) == (8, 3, 11)


def test_customer_360_has_the_columns_that_users_query():
    columns = [column.name for column in table_statement("silver", "customer_360").columns]
    assert len(columns) >= 65
    assert {
        "customer_id",
        "full_name",
        "email",
        "company",
        "lifecycle_stage",
        "total_revenue",
        "engagement_score",
        "churn_risk_category",
        "is_customer",
    } <= set(columns)


def test_only_event_tables_expire_and_by_the_policy():
    context = {**settings.sql_context, "silver_retention_days": 17}
    for script in layer_scripts("silver"):
        text = Environment(undefined=StrictUndefined, autoescape=False).from_string(  # noqa: S701 - SQL
            (SQL_DIR / "silver" / script.path.name).read_text()
        )
        expires = "partition_expiration_days = 17" in text.render(context)
        assert expires == (script.path.stem in EVENT_TABLES), script.path


@pytest.mark.parametrize("name", MODELS)
def test_pii_label_says_whether_a_column_is_personal(name):
    personal = [column["name"] for column in MODELS[name]["columns"] if is_personal(column)]
    assert (table_statement("silver", name).options["labels"]["pii"] == "true") == bool(personal), personal


def test_masked_view_shows_no_personal_column_as_it_is():
    personal = {column["name"] for column in MODELS["customer_360"]["columns"] if is_personal(column)}
    script = next(script for script in layer_scripts("silver") if script.path.stem == "customer_360_masked")
    query = sqlglot.parse_one(script.sql, read="bigquery").expression
    assert not query.find(exp.Star), "a star would show a new column before anybody looked at it"
    shown = {item.name for item in query.expressions if isinstance(item, exp.Column)}
    assert personal
    assert shown & personal == set()
    derived = {item.alias: {column.name for column in item.find_all(exp.Column)} for item in query.find_all(exp.Alias)}
    assert derived == {"initials": {"first_name", "last_name"}}
