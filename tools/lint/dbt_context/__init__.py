"""What dbt gives to a model's Jinja and sqlfluff does not: the project's variables, ``modules`` and ``adapter``."""

import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

_PROJECT = Path(__file__).resolve().parents[3] / "include" / "dbt" / "dbt_project.yml"
_VARIABLES: dict[str, Any] = yaml.safe_load(_PROJECT.read_text())["vars"]

modules = SimpleNamespace(datetime=datetime)
# No warehouse is asked while linting: one column stands in for those of a table.
_COLUMN = SimpleNamespace(name="column", dtype="string")
adapter = SimpleNamespace(get_columns_in_relation=lambda relation: [_COLUMN])


def var(name: str, default: Any = None) -> Any:
    """Return a variable of dbt_project.yml, as dbt's ``var`` does."""
    return _VARIABLES.get(name, default)
