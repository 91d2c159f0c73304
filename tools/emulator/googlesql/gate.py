"""Every job of the embedded warehouse passes GoogleSQL's analyzer and the rules of BigQuery's engine first.

What is checked, and how a job that passed is run, is here; ``warehouse`` knows the tables.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from bqemulator.api.routes import jobs as routes
from bqemulator.domain.errors import InvalidQueryError, NotFoundError
from bqemulator.jobs.executor import JOB_RESULTS
from googlesql import ddl_rules
from googlesql.analyzer import Analyzer, RefusedError, bigquery_names
from googlesql.ddl_rules import DDL_RULES
from googlesql.engine import CACHE, Engine
from googlesql.marks import MarkedStatement
from googlesql.passed import Passed, passed_by, passed_of_text
from googlesql.rules import RULES
from googlesql.script import Script, TableNotFoundError
from googlesql.types import parameter_type, parse_type, type_text
from googlesql.values import differences, result_table
from googlesql.verdicts import Observed, Verdicts
from googlesql.warehouse import Warehouse, result_with_null

if TYPE_CHECKING:
    from bqemulator.api.dependencies import AppContext
    from bqemulator.catalog.models import JobMeta

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """A query as the client sent it; the warehouse puts datasets before its tables' names.

    :param sql: its text.
    :param default_dataset: ``project.dataset``; empty where it has none.
    """

    sql: str
    default_dataset: str


REQUEST: ContextVar[Request | None] = ContextVar("request", default=None)
# What decides about the job that runs: its text without its days, and the shapes of its tables. Empty outside of jobs.
JOB_KEY: ContextVar[str] = ContextVar("job_key", default="")


class Gate:
    """Checks jobs before they run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._analyzer: Analyzer | None = None
        self._warehouse: Warehouse | None = None
        sources = sorted(Path(__file__).parent.glob("*.*"))
        read = b"".join(source.read_bytes() for source in sources if source.is_file())
        rules = hashlib.sha256(read + version("zetasql").encode()).hexdigest()
        self._verdicts = Verdicts(CACHE / "verdicts.sqlite", rules)

    def warehouse(self, context: AppContext) -> Warehouse:
        """Return the tables of the warehouse that the gate stands before."""
        if self._warehouse is None:
            self._warehouse = Warehouse(context)
        return self._warehouse

    def evaluate(self, sql: str) -> pa.Table:
        """Return the result of a query that reads no table, as GoogleSQL's reference engine gives it.

        :param sql: the query, as the client sent it.
        :raises InvalidQueryError: where it fails.
        """
        with self._lock:
            try:
                return result_table(self._get_analyzer().evaluate(bigquery_names(sql).text))
            except RefusedError as refusal:
                raise InvalidQueryError(str(refusal), location="query") from None

    def _get_analyzer(self) -> Analyzer:
        if self._analyzer is None:
            self._analyzer = Analyzer(Engine())
        return self._analyzer

    def check(
        self, project: str, request: Request, parameters: list[dict[str, Any]], context: AppContext
    ) -> tuple[Passed, str]:
        """Check a job; return what it does, and the key of all that decides about that.

        :param project: the job's project.
        :param request: the query.
        :param parameters: ``queryParameters`` of the REST API.
        :param context: the emulator's parts.
        :raises InvalidQueryError: with BigQuery's message, where BigQuery refuses it.
        :raises NotFoundError: where it names a table or dataset that does not exist.
        """
        with self._lock:
            try:
                return self._check(project, request, parameters, self.warehouse(context))
            except TableNotFoundError as refusal:
                raise NotFoundError(str(refusal)) from None
            except RefusedError as refusal:
                raise InvalidQueryError(str(refusal), location="query") from None
            except Exception as error:
                # As an internal error, clients would ask again for ten minutes.
                log.exception("The analyzer failed on:\n%s", request.sql)
                raise InvalidQueryError(
                    f"The embedded warehouse's analyzer failed ({error!r}); its log has the statement. "
                    "EMULATOR_GOOGLESQL=off starts the warehouse without it."
                ) from error

    def _check(
        self, project: str, request: Request, parameters: list[dict[str, Any]], warehouse: Warehouse
    ) -> tuple[Passed, str]:
        types = [(p.get("name", ""), parameter_type(p["parameterType"])) for p in parameters]
        declared = [f"{name} {type_text(kind)}" for name, kind in types]
        marked = MarkedStatement(request.sql)
        statement = self._verdicts.key(project, marked.text, request.default_dataset, *declared)
        # The first answer is which tables decide; with their shapes of now, the second is what became of it.
        world = Observed(warehouse)
        if (decisive := self._verdicts.find(statement, project)) is not None:
            world.look_again(json.loads(marked.restore(decisive)))
            key = self._verdicts.key(project, statement, marked.mark_moments(world.seen_text()))
            if passed := self._verdicts.find(key, project):
                return passed_of_text(marked.restore(passed)), key
        world = Observed(warehouse)
        script = Script(
            self._get_analyzer(), world, project, request.default_dataset, types, rules=(*RULES, *DDL_RULES)
        )
        for message in ddl_rules.job(request.sql, parameters):
            raise RefusedError(message)
        script.check(request.sql)
        passed_now = passed_by(script)
        self._verdicts.keep(statement, project, marked.mark_moments(json.dumps(sorted(world.seen))))
        key = self._verdicts.key(project, statement, marked.mark_moments(world.seen_text()))
        self._verdicts.keep(key, project, marked.mark_moments(passed_now.as_text()))
        return passed_now, key


@dataclass(frozen=True)
class Job:
    """A query job that has passed the gate.

    :param project: its project.
    :param job_id: its id.
    :param request: the query as the client sent it.
    :param sql: its text, with datasets before tables' names.
    :param passed: what it does.
    :param gate: what let it pass.
    :param context: the emulator's parts.
    :param execute: runs it in the embedded warehouse.
    """

    project: str
    job_id: str
    request: Request
    sql: str
    passed: Passed
    gate: Gate
    context: AppContext
    execute: Callable[[], Awaitable[JobMeta]]

    @property
    def warehouse(self) -> Warehouse:
        """The tables."""
        return self.gate.warehouse(self.context)


def stand_before_jobs(run: Callable[[Job], Awaitable[JobMeta]]) -> None:
    """Put the gate before each query job of the embedded warehouse.

    :param run: runs a job that passed.
    """
    gate = Gate()
    plain_handle, plain_execute = routes._handle_query_job, routes.execute_query_job

    async def handle(project_id: str, job_id: str, config: dict[str, Any], **options: Any) -> Any:
        query = config["query"]
        default = query.get("defaultDataset") or {}
        dataset = f"{default.get('projectId') or project_id}.{default['datasetId']}" if default else ""
        request = Request(query.get("query", ""), dataset)
        for message in ddl_rules.labels(config.get("labels") or {}):
            raise InvalidQueryError(message)
        gate.warehouse(options["ctx"])
        if options["dry_run"]:
            await asyncio.to_thread(gate.check, project_id, request, query.get("queryParameters") or [], options["ctx"])
        token = REQUEST.set(request)
        try:
            return await plain_handle(project_id, job_id, config, **options)
        finally:
            REQUEST.reset(token)

    async def execute(project_id: str, job_id: str, sql: str, query_params: Any, ctx: AppContext, **rest: Any) -> Any:
        # The warehouse's own queries, such as the one that reads a table back, come without a request.
        request = REQUEST.get() or Request(sql, "")
        gate.warehouse(ctx)  # made here: DuckDB's connection belongs to this thread
        # In a thread, so that DuckDB goes on with other jobs meanwhile.
        passed, key = await asyncio.to_thread(gate.check, project_id, request, query_params or [], ctx)
        plain = partial(plain_execute, project_id, job_id, sql, query_params, ctx, **rest)
        token = JOB_KEY.set(key)
        try:
            return await run(Job(project_id, job_id, request, sql, passed, gate, ctx, plain))
        finally:
            JOB_KEY.reset(token)

    routes._handle_query_job = handle
    routes.execute_query_job = execute


async def run_in_warehouse(job: Job) -> JobMeta:
    """Run a job and keep what it makes of the tables.

    :raises InvalidQueryError: where it writes or answers an array with a NULL element.
    """
    try:
        done = await job.execute()
    except BaseException:
        job.warehouse.forget(list(job.passed.changes))
        raise
    job.warehouse.remember(job.passed.changes)
    if field := _null_element(job):
        raise InvalidQueryError(f"Array cannot have a null element; error in writing field {field}")
    if difference := _other_columns(job):
        raise InvalidQueryError(f"The embedded warehouse makes other columns than BigQuery: {difference}")
    return done


def _other_columns(job: Job) -> str:
    """Return where the warehouse made other columns than the analyzer resolved; empty where it made the same."""
    made = {name: job.warehouse.stored_columns(name) for name, shape in job.passed.changes.items() if shape}
    for name, columns in made.items():
        shape = job.passed.changes[name]
        if shape and columns and columns != [column.lower() for column in shape.columns]:
            return f"{name} has {columns}, not {list(shape.columns)}"
    result = JOB_RESULTS.get(job.job_id)
    if result is not None and job.passed.kinds[-1:] == ("ResolvedQueryStmt",):
        # A column without a name has a name of each engine's own.
        lost = {name.lower() for name in job.passed.columns if not name.startswith("$")}
        lost -= {name.lower() for name in result.column_names}
        return f"the result lacks {sorted(lost)}" if lost else ""
    return ""


def _null_element(job: Job) -> str:
    """Return a field in which a job has written or answered an array with a NULL element; empty where it has not."""
    made = [name for name, shape in job.passed.changes.items() if shape and shape.kind == "TABLE"]
    written = filter(None, map(job.warehouse.array_with_null, dict.fromkeys([*job.passed.writes, *made])))
    result = JOB_RESULTS.get(job.job_id)
    answered = zip(result.column_names, result.columns, strict=True) if result is not None else ()
    return next(written, "") or next(filter(None, (result_with_null(*column) for column in answered)), "")


async def run_and_compare(job: Job) -> JobMeta:
    """Run a job; compare the result of a query that reads no table with that of GoogleSQL's reference engine.

    :raises InvalidQueryError: where the two differ.
    """
    done = await run_in_warehouse(job)
    if job.passed.constant:
        reference = await asyncio.to_thread(job.gate.evaluate, job.request.sql)
        kinds = [parse_type(kind) for kind in job.passed.columns.values()]
        ours = JOB_RESULTS[job.job_id]
        if difference := differences(ours, reference, kinds, ordered=job.passed.ordered):
            raise InvalidQueryError(f"The embedded warehouse answers otherwise than GoogleSQL: {difference}")
        done.statistics["query"]["comparedWithReferenceEngine"] = True
    return done


def refuse_what_bigquery_refuses(*, compare: bool) -> None:
    """Let the embedded warehouse run what passes the gate, and nothing else.

    :param compare: whether results that need no table are compared with the reference engine's.
    """
    stand_before_jobs(run_and_compare if compare else run_in_warehouse)
