"""What dbt and Airflow give to Jinja and sqlfluff does not: dbt's ``var``, ``modules`` and ``adapter``, and ``pii``."""

import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

_PROJECT = Path(__file__).resolve().parents[3] / "include" / "dbt" / "dbt_project.yml"
_VARIABLES: dict[str, Any] = yaml.safe_load(_PROJECT.read_text())["vars"]

# The DDL names datasets and retention as they are.
globals().update(
    {name: value for name, value in _VARIABLES.items() if name.endswith(("_dataset", "_months", "_retention_days"))}
)

modules = SimpleNamespace(datetime=datetime)
# No warehouse is asked while linting: one column stands in for those of a table.
_COLUMN = SimpleNamespace(name="column", dtype="string")
adapter = SimpleNamespace(get_columns_in_relation=lambda relation: [_COLUMN])


class _PersonalColumns:
    """Stands for the personal columns of any table."""

    def __getattr__(self, table: str) -> str:
        return "column"


pii = _PersonalColumns()


def var(name: str, default: Any = None) -> Any:
    """Return a variable of dbt_project.yml, as dbt's ``var`` does."""
    return _VARIABLES.get(name, default)
