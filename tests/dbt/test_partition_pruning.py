"""A day's increment reads a day's partitions: who reads a partitioned table whole is listed here, with the reason.

The SQL is read as it is written, since the embedded warehouse neither prunes nor counts bytes.
"""

from __future__ import annotations

import re

from include.pipeline.settings import DBT_DIR

PARTITION_FIELD = re.compile(r"partition_by\s*=\s*\{\s*'field'\s*:\s*'(\w+)'")
REFERENCE = re.compile(r"\bref\('(\w+)'\)\s*\}\}")

# model → tables that it reads whole. docs/performance.md says what each of them costs.
READ_WHOLE: dict[str, set[str]] = {
    # The condition follows in a later query of the model, into which BigQuery pushes it down; two of three are by
    # another day than the partition's.
    "campaign_performance": {"unified_leads"},
    # Rebuilt in every run for the months that it restates: the whole table is the window.
    "int_attribution__journeys": {"int_attribution__touches"},
    "int_attribution__paths": {"int_attribution__journeys"},
    # Every lead as it looked when new, which is what the calibration learns from: rebuilt in every run.
    "int_leads__calibration": {"int_leads__observed"},
    # What a customer or lead has ever done: one row per order, lead or ticket, kept for good, in months.
    "customer_lifetime_value": {"unified_transactions"},
    "int_customers__revenue": {"unified_transactions"},
    "int_customers__sales": {"unified_leads"},
    "int_customers__support": {"unified_support_tickets"},
    "int_leads__conversion_curve": {"unified_leads"},
    "int_leads__forecast": {"int_leads__observed", "unified_leads"},
    "int_leads__observed": {"unified_leads"},
    "int_leads__score_history": {"int_leads__observed"},
    "lead_scores": {"int_leads__observed", "unified_leads"},
    "marketing_attribution": {"int_attribution__journeys"},
    # Facts by another day than the partition's: of conversion, cancellation, solution or rating.
    "executive_kpis": {"unified_leads", "unified_support_tickets"},
    "int_features__daily": {"unified_leads", "unified_support_tickets", "unified_transactions"},
    # Views: the reader's condition prunes. BigQuery keeps the materialized ones up to date by itself.
    "customer_timeline": {
        "unified_sessions", "unified_support_tickets", "unified_touchpoints", "unified_transactions",
    },
    "channel_performance": {"campaign_performance", "marketing_attribution"},
    "mv_campaign_daily_summary": {"campaign_performance"},
    "mv_revenue_by_channel": {"marketing_attribution"},
}  # fmt: skip


def partition_fields() -> dict[str, str]:
    """Return the partition column of every partitioned model."""
    models = {path.stem: path.read_text() for path in (DBT_DIR / "models").rglob("*.sql")}
    return {name: match[1] for name, sql in models.items() if (match := PARTITION_FIELD.search(sql))}


def rest_of_query(sql: str, start: int) -> str:
    """Return what follows up to the end of the query: its closing bracket, or the next part of a union."""
    depth = 0
    for position in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[position], 0)
        if depth < 0 or (depth == 0 and sql.startswith("union all", position)):
            return sql[start:position]
    return sql[start:]


def read_whole(sql: str, fields: dict[str, str]) -> set[str]:
    """Return the partitioned tables that a model reads without a condition on their partition column."""
    sql = re.sub(r"--.*|\{#.*?#\}", "", sql)
    return {
        match[1]
        for match in REFERENCE.finditer(sql)
        if match[1] in fields
        and not re.search(rf"\bwhere\b.*\b{fields[match[1]]}\b", rest_of_query(sql, match.end()), re.DOTALL)
    }


def test_only_these_models_read_partitioned_tables_whole():
    fields = partition_fields()
    found = {path.stem: read_whole(path.read_text(), fields) for path in (DBT_DIR / "models").rglob("*.sql")}
    assert {model: tables for model, tables in found.items() if tables} == READ_WHOLE


def test_a_read_without_a_filter_is_found():
    fields = {"sessions": "session_date"}
    unfiltered = "with s as (select * from {{ ref('sessions') }} where x) select session_date from s"
    assert read_whole(unfiltered, fields) == {"sessions"}
    assert read_whole("with s as (select * from {{ ref('sessions') }} where x and session_date > d)", fields) == set()
