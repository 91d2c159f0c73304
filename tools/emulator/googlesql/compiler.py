"""A BigQuery that only compiles: every job passes the gate, none runs, and tables have types and no rows.

dbt builds the whole project on it in seconds, with the production target: what that does differently from the embedded
warehouse's (dates, profiles, macros) is checked too. A query that reads no table, such as a unit test's, is answered by
GoogleSQL's reference engine.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pyarrow as pa
from bqemulator.catalog.etag import generate_etag
from bqemulator.catalog.models import (
    Clustering,
    JobMeta,
    TableFieldSchema,
    TableMeta,
    TableSchema,
    TimePartitioning,
)
from bqemulator.jobs.executor import _ANONYMOUS_RESULTS_DATASET, JOB_RESULTS, JOB_SCHEMAS
from googlesql.gate import Job, stand_before_jobs
from googlesql.shapes import Shape
from googlesql.types import parse_type, rest_field

if TYPE_CHECKING:
    from bqemulator.api.dependencies import AppContext

# Statements that make datasets, which load jobs need: they run.
RUNS = {"ResolvedCreateSchemaStmt"}
STATEMENT_TYPES = {
    "ResolvedQueryStmt": "SELECT",
    "ResolvedCreateTableAsSelectStmt": "CREATE_TABLE_AS_SELECT",
    "ResolvedCreateTableStmt": "CREATE_TABLE",
    "ResolvedCreateViewStmt": "CREATE_VIEW",
    "ResolvedMergeStmt": "MERGE",
    "ResolvedInsertStmt": "INSERT",
    "ResolvedDeleteStmt": "DELETE",
    "ResolvedUpdateStmt": "UPDATE",
}
# What dbt asks of each data test: a row that says that nothing failed.
DATA_TEST = {"failures": 0, "should_warn": False, "should_error": False}


def compile_only() -> None:
    """Let the embedded warehouse compile jobs instead of running them."""
    stand_before_jobs(_compile)


async def _compile(job: Job) -> JobMeta:
    if set(job.passed.kinds) <= RUNS:
        return await job.execute()
    for name, shape in job.passed.changes.items():
        _change_table(name, shape, job.context)
    job.warehouse.remember(job.passed.changes)
    if job.passed.constant:
        return _answer(job, await asyncio.to_thread(job.gate.evaluate, job.request.sql))
    answers = [DATA_TEST] if job.passed.columns.keys() == DATA_TEST.keys() else []
    columns = {name: pa.array([row[name] for row in answers]) for name in job.passed.columns}
    return _answer(job, pa.table(columns))


def _change_table(full_name: str, shape: Shape | None, ctx: AppContext) -> None:
    """Make, change or drop a table in the catalog alone."""
    project, dataset, table = full_name.split(".")
    ctx.catalog.delete_table(project, dataset, table, not_found_ok=True)
    if shape is None:
        return
    now = ctx.clock.now()
    fields = [rest_field(name, parse_type(kind)) for name, kind in shape.columns.items()]
    partitioning = TimePartitioning(
        type=shape.partition_unit or "DAY",
        field=shape.partitioned_by,
        require_partition_filter=shape.needs_filter,
    )
    ctx.catalog.create_table(
        TableMeta(
            project_id=project,
            dataset_id=dataset,
            table_id=table,
            table_type=shape.kind,
            schema=TableSchema(fields=tuple(TableFieldSchema.model_validate(field) for field in fields)),
            time_partitioning=partitioning if shape.partition_unit else None,
            clustering=Clustering(fields=shape.clustered_by) if shape.clustered_by else None,
            creation_time=now,
            last_modified_time=now,
            etag=generate_etag(full_name, str(now)),
        )
    )


def _answer(job: Job, result: pa.Table) -> JobMeta:
    passed, now = job.passed, job.context.clock.now()
    JOB_RESULTS[job.job_id] = result
    JOB_SCHEMAS[job.job_id] = [rest_field(name, parse_type(kind)) for name, kind in passed.columns.items()]
    made = [name for name, shape in passed.changes.items() if shape]
    anonymous = [job.project, _ANONYMOUS_RESULTS_DATASET, f"anon{job.job_id.replace('-', '')}"]
    project, dataset, table = made[0].split(".") if len(made) == 1 else anonymous
    destination = {"projectId": project, "datasetId": dataset, "tableId": table}
    kind = STATEMENT_TYPES.get(passed.kinds[0], "") if len(passed.kinds) == 1 else "SCRIPT"
    return JobMeta(
        project_id=job.project,
        job_id=job.job_id,
        job_type="QUERY",
        state="DONE",
        configuration={"query": {"query": job.sql, "destinationTable": destination}},
        statistics={"query": {"totalBytesProcessed": "0", "totalRows": str(result.num_rows), "statementType": kind}},
        creation_time=now,
        start_time=now,
        end_time=now,
        etag=generate_etag(job.project, job.job_id, str(now)),
    )
