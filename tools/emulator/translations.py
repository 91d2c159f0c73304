"""Statements that were translated before: the same text on tables of the same shapes becomes the same SQL of DuckDB.

Translating takes most of a statement's time. What is kept is shared with later runs, as the gate's verdicts are, for
whatever project and with whatever days: a build of other days, or of another test's project, translates nothing again.
"""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bqemulator.jobs import executor
from bqemulator.scripting import interpreter
from bqemulator.sql.inner_query import refresh_dependent_mvs
from googlesql.engine import CACHE
from googlesql.gate import JOB_KEY
from googlesql.marks import MarkedStatement
from googlesql.verdicts import Verdicts

if TYPE_CHECKING:
    from bqemulator.api.dependencies import AppContext

# What is translated to more than the text and the shapes of its tables say: what the catalog holds at that moment, who
# asks, and tables that match a name.
VARIES = re.compile(r"information_schema|for\s+system_time|session_user|execute\s+immediate|`[^`]*\*`", re.IGNORECASE)


class Translated(str):
    """SQL of DuckDB that names the warehouse's own schemas already."""

    __slots__ = ()


def _rules() -> str:
    """Return the version of all that translates."""
    sources = b"".join(source.read_bytes() for source in sorted(Path(__file__).parent.rglob("*.py")))
    packages = [version(name) for name in ("bqemulator", "sqlglot", "duckdb")]
    return hashlib.sha256(sources + repr(packages).encode()).hexdigest()


def _written_in(sql: str, project: str, caller: object, ctx: AppContext) -> list[str]:
    """Return what translating writes into a statement: its views' queries, and the policies on what these read.

    :param sql: the statement.
    :param project: the job's project.
    :param caller: who asks, which decides about policies.
    :param ctx: the emulator's parts.
    """
    datasets = ctx.catalog.list_datasets(project)
    tables = [table for dataset in datasets for table in ctx.catalog.list_tables(project, dataset.dataset_id)]
    views = {table.table_id: table.view_query for table in tables if table.view_query}
    written: list[str] = []
    texts = [sql]
    while texts:
        text = texts.pop()
        named = [name for name in views if name in text]
        texts += (queries := [views.pop(name) for name in named])
        written += queries
    read = "\n".join([sql, *written])
    policies = [policy for policy in ctx.catalog.list_all_row_access_policies() if policy.table_id in read]
    written += [f"{p.table_id} {p.policy_id} {p.filter_predicate} {p.grantees}" for p in policies]
    return sorted(written) + ([repr(caller)] if policies else [])


def remember_translations() -> None:
    """Translate a statement once, whatever its days and its project."""
    kept = Verdicts(CACHE / "verdicts.sqlite", _rules())
    plain_translate, plain_qualify = executor.rewrite_and_translate_statement, executor.rewrite_table_refs

    async def translate(sql: str, *, project_id: str, ctx: AppContext, **parts: Any) -> str:
        job = JOB_KEY.get()
        if not job or VARIES.search(sql):
            return await plain_translate(sql, project_id=project_id, ctx=ctx, **parts)
        statement = MarkedStatement(sql)
        written = _written_in(sql, project_id, parts.get("caller"), ctx)
        key = kept.key(project_id, "translation", job, statement.text, *written)
        if (known := kept.find(key, project_id)) is None:
            translated = await plain_translate(statement.of_any_day, project_id=project_id, ctx=ctx, **parts)
            known = plain_qualify(translated, project_id)
            if not statement.has_every_day(known):  # a comment's, or one that was read
                return await plain_translate(sql, project_id=project_id, ctx=ctx, **parts)
            kept.keep(key, project_id, statement.mark_moments(known))
        else:
            await refresh_dependent_mvs(project_id, sql, ctx)  # which translating does too
        return Translated(statement.restore(known))

    def qualify(sql: str, project_id: str) -> str:
        return str(sql) if isinstance(sql, Translated) else plain_qualify(sql, project_id)

    for module in (executor, interpreter):
        module.rewrite_and_translate_statement = translate
        module.rewrite_table_refs = qualify
