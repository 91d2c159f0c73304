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


def _varies(sql: str, ctx: AppContext) -> bool:
    """Whether the translation depends on more than the text and the shapes of its tables."""
    # A row access policy is written into what reads its table.
    return bool(VARIES.search(sql) or ctx.catalog.list_all_row_access_policies())


def remember_translations() -> None:
    """Translate a statement once, whatever its days and its project."""
    kept = Verdicts(CACHE / "verdicts.sqlite", _rules())
    plain_translate, plain_qualify = executor.rewrite_and_translate_statement, executor.rewrite_table_refs

    async def translate(sql: str, *, project_id: str, ctx: AppContext, **parts: Any) -> str:
        job = JOB_KEY.get()
        if not job or _varies(sql, ctx):
            return await plain_translate(sql, project_id=project_id, ctx=ctx, **parts)
        statement = MarkedStatement(sql)
        key = kept.key(project_id, "translation", job, statement.text)
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
