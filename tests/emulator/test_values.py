"""Values of the embedded warehouse against those of GoogleSQL's reference engine: ``values.yml``, by subject."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.api_core.exceptions import BadRequest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from sqlglot.dialects import BigQuery

from tools.local.services import REPOSITORY

VALUES: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("values.yml").read_text())
SAME = [
    pytest.param(sql, id=f"{subject}-{number}")
    for subject, lines in VALUES["same"].items()
    for number, sql in enumerate(lines.splitlines(), start=1)
]

# What the reference engine cannot run, and what varies: test_functions.py and the unit tests have them.
NOT_COMPARED = {"approx_quantiles", "current_date", "current_timestamp", "error", "generate_uuid", "normalize"}
# Not functions, though they stand before a bracket.
WORDS = {"date", "time", "timestamp", "unnest", "cast", "safe_cast", "struct", "array", "if", "in", "over", "as"}


@pytest.fixture(scope="module")
def comparing(serve_warehouse: Callable[..., AbstractContextManager[str]]) -> Iterator[bigquery.Client]:
    """A client of a warehouse that compares each answer with the reference engine's."""
    with serve_warehouse(googlesql="compare") as url:
        options = {"api_endpoint": url}
        yield bigquery.Client("values", credentials=AnonymousCredentials(), client_options=options)


@pytest.mark.parametrize("sql", SAME)
def test_value_is_the_same_on_both_engines(comparing: bigquery.Client, sql: str) -> None:
    job = comparing.query(f"select {sql}")
    job.result()
    job.reload()
    statistics: dict[str, Any] = job._properties["statistics"]["query"]
    assert statistics.get("comparedWithReferenceEngine"), "the reference engine was not asked"


@pytest.mark.parametrize("known", VALUES["known_differences"], ids=lambda known: known["sql"])
def test_known_difference_is_still_one(comparing: bigquery.Client, known: dict[str, str]) -> None:
    with pytest.raises(BadRequest, match=r"answers otherwise than GoogleSQL|Query execution failed|Failed to parse"):
        comparing.query(f"select {known['sql']}").result()


def test_every_function_that_our_sql_calls_is_among_the_values() -> None:
    written = " ".join(VALUES["same"].values()).lower()
    known = {name.lower() for name in BigQuery.Parser.FUNCTIONS}
    called = set()
    for path in [*(REPOSITORY / "include" / "dbt").glob("m*/**/*.sql"), *(REPOSITORY / "plugins").rglob("*.sql")]:
        sql = re.sub(r"\{[{%#].*?[}%#]\}|--[^\n]*", "", path.read_text(), flags=re.DOTALL)
        called |= {name.lower() for name in re.findall(r"\b([A-Za-z_][A-Za-z_0-9]*)\(", sql)}
    missing = {name for name in called & known - NOT_COMPARED - WORDS if not re.search(rf"\b{name}\(", written)}
    assert called & known, "no function was found in our SQL"
    assert not missing
