"""Where bqemulator 1.4.0 differs from BigQuery and the production SQL must not: one function per gap.

Each replaces one private function of bqemulator by one that does what BigQuery does; docs/emulator.md lists them,
with the gaps that need no closing here. When bqemulator closes one itself, its function here goes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bqemulator.api.routes import jobs as job_routes
from bqemulator.api.routes import tables as table_routes
from bqemulator.catalog import ddl_sync
from bqemulator.jobs import ddl_result, executor
from bqemulator.scripting import interpreter
from bqemulator.sql import catalog_schema, inner_query
from bqemulator.sql.rewriter import aggregate_variants, create_table_schema_ctas, information_schema
from bqemulator.storage.sql_identifiers import quoted_table_ref
from bqemulator.versioning import ddl as view_ddl
from bqemulator.versioning.materialized_views import MaterializedViewManager
from fastapi import Request
from jobs_view import serve_jobs_and_storage
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Callable

    from bqemulator.api.dependencies import AppContext
    from bqemulator.catalog.models import TableMeta, TableSchema
    from bqemulator.catalog.repository import CatalogRepository
    from bqemulator.scripting.ast import SetStmt


def keep_partition_column_of_functions() -> None:
    """Let ``PARTITION BY DATE(ts)`` keep its column, so INFORMATION_SCHEMA.PARTITIONS lists its days.

    The emulator keeps the column of ``PARTITION BY d`` only.
    """
    plain_column = ddl_sync._ddl_partition_field

    def partition_field(properties: exp.Properties) -> str | None:
        for prop in properties.find_all(exp.PartitionedByProperty):
            if isinstance(prop.this, exp.Func) and (column := prop.this.find(exp.Identifier)):
                return column.name
        return plain_column(properties)

    ddl_sync._ddl_partition_field = partition_field


def keep_json_columns() -> None:
    """Let INFORMATION_SCHEMA.COLUMNS and the tables API say JSON where the DDL does; both say STRING."""
    arrow_schema = ddl_sync._introspect_schema

    def with_json(project_id: str, dataset_id: str, table_id: str, ctx: AppContext) -> TableSchema:
        schema = arrow_schema(project_id, dataset_id, table_id, ctx)
        described = ctx.engine.execute(f"describe {quoted_table_ref(project_id, dataset_id, table_id)}").fetchall()
        json_columns = {name for name, data_type, *_ in described if data_type in ("JSON", "JSON[]")}
        fields = (
            field.model_copy(update={"type": "JSON"}) if field.name in json_columns else field
            for field in schema.fields
        )
        return schema.model_copy(update={"fields": tuple(fields)})

    ddl_sync._introspect_schema = with_json


def accept_columns_before_query_in_parentheses() -> None:
    """Let ``CREATE TABLE t (a STRING) AS (SELECT …)`` pass, which dbt writes for every model with a contract.

    The emulator takes the column list only where the query stands without parentheses.
    """
    first_select = create_table_schema_ctas._first_select

    def first_select_inside(body: exp.Expression | None) -> exp.Select | None:
        return first_select(body.unnest() if isinstance(body, exp.Subquery) else body)

    create_table_schema_ctas._first_select = first_select_inside


def ignore_nulls_of_distinct_and_limited_arrays() -> None:
    """Let ``ARRAY_AGG(DISTINCT x IGNORE NULLS)`` and ``ARRAY_AGG(x IGNORE NULLS ORDER BY y LIMIT n)`` pass.

    dbt writes the former for every ``insert_overwrite``. The emulator filters on ``DISTINCT x IS NULL``, and puts the
    filter of a limited array behind ARRAY_SLICE, outside the aggregate.
    """

    def value_of(operand: exp.Expression) -> exp.Expression:
        while isinstance(operand, exp.Limit | exp.Order | exp.Distinct):
            operand = operand.expressions[0] if isinstance(operand, exp.Distinct) else operand.this
        return operand

    def limit_array_agg(tree: exp.Expression) -> bool:
        limited = [node for node in tree.find_all(exp.ArrayAgg) if isinstance(node.this, exp.Limit)]
        for node in limited:
            limit = node.this
            aggregate = node.parent if isinstance(node.parent, exp.Filter) else node
            node.set("this", limit.this)
            bounds = [exp.Literal.number(1), limit.expression.copy()]
            aggregate.replace(exp.Anonymous(this="ARRAY_SLICE", expressions=[aggregate.copy(), *bounds]))
        return bool(limited)

    aggregate_variants._filter_target = value_of
    aggregate_variants._rewrite_array_agg_limit = limit_array_agg


def unpack_struct_of_one_variable() -> None:
    """Let ``SET (v) = (SELECT AS STRUCT x)`` store ``x``, which dbt writes for every ``insert_overwrite``.

    The emulator stores the whole STRUCT where one variable stands in the parentheses.
    """
    plain_set = interpreter.ScriptInterpreter._exec_set

    async def exec_set(self: interpreter.ScriptInterpreter, stmt: SetStmt) -> None:
        await plain_set(self, stmt)
        variable = self._frames.all_visible()[stmt.targets[0]]
        is_array = variable.type_name.upper().startswith("ARRAY")
        if len(stmt.targets) == 1 and isinstance(variable.value, dict) and is_array:
            (variable.value,) = variable.value.values()

    interpreter.ScriptInterpreter._exec_set = exec_set


def accept_clauses_of_materialized_views() -> None:
    """Let materialized views take the clauses that BigQuery and dbt write, and show that they are no tables.

    The emulator rejects IF NOT EXISTS, PARTITION BY, CLUSTER BY and OPTIONS before AS, comments in front (dbt's query
    comment, the first line of the DDL) and ``ALTER MATERIALIZED VIEW … SET OPTIONS``, which now refreshes the view;
    ``tables.get`` lacks the view's definition.
    """
    view_ddl._CREATE_MATERIALIZED_VIEW_RE = re.compile(
        r"^\s*CREATE\s+(?:OR\s+REPLACE\s+)?MATERIALIZED\s+VIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?"
        rf"(?P<dest>{view_ddl._QUALIFIED_NAME})(?:\s+PARTITION\s+BY\s+\S+)?(?:\s+CLUSTER\s+BY\s+[\w\s,]+?)?"
        r"(?:\s+OPTIONS\s*\(.*?\))?\s+AS\s+(?P<query>.+?)\s*;?\s*$",
        flags=re.IGNORECASE | re.DOTALL,
    )
    alter_view = re.compile(
        r"^\s*ALTER\s+MATERIALIZED\s+VIEW\s+(?:IF\s+EXISTS\s+)?(\S+)\s+SET\s+OPTIONS.*$", re.IGNORECASE | re.DOTALL
    )
    plain_parse = view_ddl.VersioningDDLRouter.parse
    plain_create = MaterializedViewManager.create
    plain_rest = table_routes._table_to_rest

    def parse(self: view_ddl.VersioningDDLRouter, sql: str) -> Any:
        without_comment = re.sub(r"^(\s*(?:/\*.*?\*/|--[^\n]*\n))+", "", sql, flags=re.DOTALL)
        return plain_parse(self, alter_view.sub(r"REFRESH MATERIALIZED VIEW \1", without_comment))

    async def create(self: MaterializedViewManager, project_id: str, dataset_id: str, table_id: str, query: str) -> Any:
        existing = self._ctx.catalog.get_materialized_view(project_id, dataset_id, table_id)
        return existing or await plain_create(self, project_id, dataset_id, table_id, query)

    def table_to_rest(table: TableMeta) -> dict[str, Any]:
        body = plain_rest(table)
        if table.table_type == "MATERIALIZED_VIEW":
            body["materializedView"] = {
                "query": table.view_query,
                "enableRefresh": True,
                "refreshIntervalMs": "1800000",
            }
        return body

    view_ddl.VersioningDDLRouter.parse = parse
    MaterializedViewManager.create = create
    table_routes._table_to_rest = table_to_rest


def keep_partition_expiry_set_later() -> None:
    """Let ``ALTER TABLE … SET OPTIONS (partition_expiration_days = …)`` show in TABLE_OPTIONS; it does nothing."""
    set_expiry = re.compile(
        r"^\s*ALTER\s+TABLE\s+`?(?P<project>[^`.]+)`?\.`?(?P<dataset>\w+)`?\.`?(?P<table>\w+)`?\s+SET\s+OPTIONS\s*"
        r"\(\s*partition_expiration_days\s*=\s*(?P<days>[\d.]+|NULL)\s*\)\s*;?\s*$",
        re.IGNORECASE,
    )
    plain_sync = executor.sync_created_table

    def sync_table(sql: str, project_id: str, ctx: AppContext) -> None:
        plain_sync(sql, project_id, ctx)
        if change := set_expiry.match(sql):
            table = ctx.catalog.get_table(change["project"], change["dataset"], change["table"])
            days = change["days"]
            expiry = None if days.upper() == "NULL" else int(float(days) * 24 * 60 * 60 * 1000)
            partitioning = table.time_partitioning.model_copy(update={"expiration_ms": expiry})
            ctx.catalog.update_table(table.model_copy(update={"time_partitioning": partitioning}))

    executor.sync_created_table = sync_table


def find_not_null_beside_column_options() -> None:
    """Let a column have NOT NULL and OPTIONS with compiled sqlglot, whose ``kind`` refuses to return OPTIONS."""

    def has_not_null(column: exp.ColumnDef) -> bool:
        constraints = column.args.get("constraints") or ()
        return any(isinstance(c.args.get("kind"), exp.NotNullColumnConstraint) for c in constraints)

    ddl_result._has_not_null_constraint = has_not_null


def replace_row_access_policies() -> None:
    """Let ``CREATE OR REPLACE ROW ACCESS POLICY`` replace one, which the emulator says exists already."""
    run = executor._maybe_run_row_access_ddl

    def replace(project_id: str, bq_sql: str, ctx: AppContext) -> Any:
        sql = executor._strip_trailing_semicolon(bq_sql)
        created = executor._RAP_CREATE_RE.match(sql)
        if created and re.match(r"create\s+or\s+replace\s", sql, re.IGNORECASE):
            project, dataset, table = executor._resolve_table_parts(created["table"], project_id)
            known = {policy.policy_id for policy in ctx.row_access.list_for_table(project, dataset, table)}
            if created["policy"] in known:
                ctx.row_access.delete(
                    project_id=project, dataset_id=dataset, table_id=table, policy_id=created["policy"]
                )
        return run(project_id, bq_sql, ctx)

    executor._maybe_run_row_access_ddl = replace


def keep_quotes_in_definitions_of_views() -> None:
    """Let ``INFORMATION_SCHEMA`` give texts back with their quotes: the emulator doubles them, which is no escape."""

    def literal(value: str | None) -> str:
        if value is None:
            return "NULL"
        for character, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r")):
            value = value.replace(character, escaped)
        return f"'{value}'"

    information_schema._sql_literal = literal


def keep_required_partition_filter() -> None:
    """Let the tables API keep ``requirePartitionFilter``, which the emulator reads inside ``timePartitioning`` only."""
    plain_meta, plain_rest = table_routes._rest_to_table_meta, table_routes._table_to_rest

    def table_meta(project_id: str, dataset_id: str, body: dict[str, Any], *rest: Any, **options: Any) -> TableMeta:
        table = plain_meta(project_id, dataset_id, body, *rest, **options)
        if not table.time_partitioning or "requirePartitionFilter" not in body:
            return table
        required = {"require_partition_filter": bool(body["requirePartitionFilter"])}
        return table.model_copy(update={"time_partitioning": table.time_partitioning.model_copy(update=required)})

    def table_to_rest(table: TableMeta) -> dict[str, Any]:
        required = bool(table.time_partitioning and table.time_partitioning.require_partition_filter)
        return plain_rest(table) | ({"requirePartitionFilter": True} if required else {})

    table_routes._rest_to_table_meta = table_meta
    table_routes._table_to_rest = table_to_rest


def show_altered_columns() -> None:
    """Let INFORMATION_SCHEMA.COLUMNS and the tables API show what ``ALTER TABLE`` made of a table's columns."""
    alter = re.compile(
        r"^(?:\s|/\*.*?\*/|--[^\n]*\n)*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?P<table>[^\s(]+)", re.I | re.S
    )

    def altered(plain_sync: Callable[[str, str, AppContext], None]) -> Callable[[str, str, AppContext], None]:
        def sync(sql: str, project_id: str, ctx: AppContext) -> None:
            plain_sync(sql, project_id, ctx)
            if not (change := alter.match(sql)):
                return
            name = executor._resolve_table_parts(change["table"].replace("`", ""), project_id)
            if table := ctx.catalog.get_table(*name):
                schema = ddl_sync._introspect_schema(*name, ctx)
                ctx.catalog.update_table(table.model_copy(update={"schema_": schema}))

        return sync

    for module in (executor, interpreter):
        module.sync_created_table = altered(module.sync_created_table)


def answer_queries_as_jobs() -> None:
    """Let ``jobs.query`` do what ``jobs.insert`` does, and answer the error of a query that fails, as BigQuery does.

    The emulator answers no rows instead of an error, and drops the query's labels and its default dataset.
    """
    router = job_routes.router
    (plain_route,) = (route for route in router.routes if route.endpoint is job_routes.query)
    failures = {failure.bq_reason: failure for failure in job_routes._SQL_EXECUTION_DOMAIN_ERRORS}

    async def query(
        project_id: str, request: Request, ctx: job_routes._Ctx, caller: job_routes._Caller
    ) -> dict[str, Any]:
        body = await request.json()
        if body.get("dryRun") or not body.get("query", "").strip():
            return await job_routes.query(project_id, request, ctx, caller)
        job_id = f"bqemu_{uuid4().hex[:12]}"
        config = {"query": body, "labels": body.get("labels", {})}
        job = await job_routes._handle_query_job(
            project_id, job_id, config, dry_run=False, ctx=ctx, caller=caller, now=ctx.clock.now()
        )
        ctx.catalog.upsert_job(job)
        if error := job.error_result:
            raise failures[error["reason"]](error["message"], location=error.get("location"))
        rows = body.get("maxResults", 10_000)
        answer = job_routes.get_query_results(project_id, job_id, ctx, rows, 0, None)
        job_routes._attach_query_metadata(answer, job)
        session = {key: job.statistics[key] for key in ("sessionInfo",) if key in job.statistics}
        return answer | session | {"kind": "bigquery#queryResponse"}

    router.routes.remove(plain_route)
    router.add_api_route("/projects/{project_id}/queries", query, methods=["POST"])


def keep_records_in_stars() -> None:
    """Let ``SELECT *, x`` of a loaded table have its RECORD columns; the emulator leaves them out."""
    type_of = catalog_schema._safe_bq_to_duckdb
    catalog_schema._safe_bq_to_duckdb = lambda bq_type: type_of(bq_type) or "UNKNOWN"


class _ArraysAreNoScalars:
    """A catalog that says of an array's column only that it is none of the scalar types."""

    def __init__(self, catalog: CatalogRepository) -> None:
        self._catalog = catalog

    def get_table(self, *name: str) -> TableMeta | None:
        meta = self._catalog.get_table(*name)
        if meta is None:
            return None
        fields = (
            field.model_copy(update={"type": "ARRAY"}) if field.mode == "REPEATED" else field
            for field in meta.schema_.fields
        )
        return meta.model_copy(update={"schema_": meta.schema_.model_copy(update={"fields": tuple(fields)})})


def count_elements_of_columns_from_zero() -> None:
    """Let ``a[OFFSET(0)]`` be the first element of a column ``a``, whatever else the statement says.

    The emulator takes an array's column for one of its elements' type. A statement in which it replaces anything (such
    as ``CONCAT``) then asks DuckDB for element 0, which is NULL.
    """
    plain_schema = inner_query.build_catalog_schema
    inner_query.build_catalog_schema = lambda sql, *, project_id, catalog: plain_schema(
        sql, project_id=project_id, catalog=_ArraysAreNoScalars(catalog)
    )


def close_gaps() -> None:
    """Close every gap of this module."""
    find_not_null_beside_column_options()
    keep_partition_column_of_functions()
    keep_json_columns()
    accept_columns_before_query_in_parentheses()
    ignore_nulls_of_distinct_and_limited_arrays()
    unpack_struct_of_one_variable()
    accept_clauses_of_materialized_views()
    keep_partition_expiry_set_later()
    serve_jobs_and_storage()
    replace_row_access_policies()
    keep_quotes_in_definitions_of_views()
    keep_required_partition_filter()
    show_altered_columns()
    keep_records_in_stars()
    count_elements_of_columns_from_zero()
    answer_queries_as_jobs()
