"""INFORMATION_SCHEMA.JOBS and TABLE_STORAGE for bqemulator, which has neither and rejects a region in front.

Jobs are those that the emulator really ran, with the labels and the user of their requests. What DuckDB does not
measure is not made up: bytes of jobs are 0; slot time is the wall time of a job, as if this machine were one slot;
the size of a table is its rows × columns × 8 bytes, which is what BigQuery counts for a number.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from bqemulator.api.routes import jobs as job_routes
from bqemulator.catalog.models import JobMeta
from bqemulator.sql import inner_query

if TYPE_CHECKING:
    from bqemulator.catalog.repository import CatalogRepository

REFERENCE = re.compile(
    r"(?:`?(?P<project>[a-z][a-z0-9-]+)`?\s*\.\s*)?`?region-[a-z0-9-]+`?\s*\.\s*`?INFORMATION_SCHEMA`?\s*\.\s*"
    r"`?(?P<view>JOBS|JOBS_BY_PROJECT|TABLE_STORAGE|TABLE_STORAGE_BY_PROJECT)\b`?",
    re.IGNORECASE,
)

JOBS = {
    **dict.fromkeys(("creation_time", "start_time", "end_time"), "TIMESTAMPTZ"),
    **dict.fromkeys(("project_id", "job_id", "parent_job_id", "job_type", "statement_type"), "VARCHAR"),
    **dict.fromkeys(("state", "user_email", "reservation_id"), "VARCHAR"),
    "cache_hit": "BOOLEAN",
    **dict.fromkeys(("total_bytes_processed", "total_bytes_billed", "total_slot_ms"), "BIGINT"),
    "error_result": {"reason": "VARCHAR", "message": "VARCHAR"},
    "labels": [{"key": "VARCHAR", "value": "VARCHAR"}],
}

# Where the views are written to; sqlglot reads a dataset called INFORMATION_SCHEMA as part of the table's name.
DATASET = "region_views"

TABLE_STORAGE = f"""
    SELECT
        $1 AS project_id,
        substr(schema_name, length($1) + 3) AS table_schema,
        table_name,
        estimated_size AS total_rows,
        size_bytes AS total_logical_bytes,
        size_bytes AS active_logical_bytes,
        0::BIGINT AS long_term_logical_bytes,
        false AS deleted,
        'BASE TABLE' AS table_type
    FROM (SELECT *, estimated_size * column_count * 8 AS size_bytes FROM duckdb_tables())
    WHERE starts_with(schema_name, $1 || '__') AND schema_name != $1 || '__{DATASET}'
"""


def _job(job: JobMeta) -> dict[str, Any]:
    error = job.error_result
    lasted = (job.end_time or job.creation_time) - job.creation_time
    return {
        "creation_time": job.creation_time.isoformat(),
        "start_time": job.start_time and job.start_time.isoformat(),
        "end_time": job.end_time and job.end_time.isoformat(),
        "project_id": job.project_id,
        "job_id": job.job_id,
        "job_type": job.job_type,
        "statement_type": job.statistics.get("query", {}).get("statementType"),
        "state": job.state,
        "user_email": job.user_email,
        "cache_hit": False,
        "total_bytes_processed": 0,
        "total_bytes_billed": 0,
        "total_slot_ms": round(lasted.total_seconds() * 1000),
        "error_result": error and {"reason": error.get("reason"), "message": error.get("message")},
        "labels": [{"key": key, "value": value} for key, value in job.configuration.get("labels", {}).items()],
    }


def _write_view(view: str, project_id: str, catalog: CatalogRepository) -> str:
    """Write what the view shows now into a table, and return how a query names it."""
    engine = catalog._engine
    schema = f"{project_id}__{DATASET}"
    engine.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    if view == "JOBS":
        jobs = catalog.list_jobs(project_id, max_results=10**9)
        rows = [_job(job) for job in jobs if not job.configuration.get("dryRun")]
        select = "SELECT job.* FROM (SELECT unnest(from_json($1, $2)) AS job)"
        values = [json.dumps(rows), json.dumps([JOBS])]
    else:
        select, values = TABLE_STORAGE, [project_id]
    engine.execute(f'CREATE OR REPLACE TABLE "{schema}"."{view}" AS {select}', values)
    return f"`{project_id}.{DATASET}.{view}`"


def serve_jobs_and_storage() -> None:
    """Keep each job as it was asked for, with its user, and answer queries on JOBS and TABLE_STORAGE of a region."""
    plain_handle = job_routes._handle_query_job
    plain_expand = inner_query.expand_information_schema

    async def handle_query_job(project_id: str, job_id: str, config: dict[str, Any], **request: Any) -> Any:
        job = await plain_handle(project_id, job_id, config, **request)
        if not isinstance(job, JobMeta):
            return job
        configuration = {**config, "query": {**config["query"], **job.configuration["query"]}}
        return job.model_copy(update={"configuration": configuration, "user_email": request["caller"].email})

    def expand(sql: str, project_id: str, catalog: CatalogRepository) -> str:
        def relation(match: re.Match[str]) -> str:
            view = match["view"].upper().removesuffix("_BY_PROJECT")
            return _write_view(view, match["project"] or project_id, catalog)

        return plain_expand(REFERENCE.sub(relation, sql), project_id, catalog)

    job_routes._handle_query_job = handle_query_job
    inner_query.expand_information_schema = expand
