"""The SQL of the runbooks and other docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

DOCS = Path(__file__).resolve().parents[1] / "docs"


def documented_queries(*, on_models: bool) -> list[ParameterSet]:
    """Return each query, named after its page.

    :param on_models: those that read models of dbt without DDL (the intermediate ones), else all others.
    """
    return [
        pytest.param(query, id=f"{path.stem} {number}")
        for path in sorted(DOCS.rglob("*.md"))
        for number, query in enumerate(re.findall(r"```sql\n(.*?)```", path.read_text(), re.DOTALL), start=1)
        if ("intermediate." in query) == on_models
    ]
