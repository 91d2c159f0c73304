"""The guide lists every variable that the code reads, and none that it does not."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    path
    for folder in ("include", "plugins", "dags")
    for ending in ("py", "yml", "sql")
    for path in (ROOT / folder).rglob(f"*.{ending}")
]
VARIABLE = re.compile(r"\bMARKETING_[A-Z_]*[A-Z]\b")
# Read by a name that is put together: MARKETING_<LAYER>_DATASET, MARKETING_ALERT_<CHANNEL>_CONN_ID.
FAMILIES = re.compile(r"MARKETING_(ALERT(_[A-Z]+_CONN_ID)?|[A-Z]+_DATASET)")


def test_every_variable_is_documented() -> None:
    guide = (ROOT / "docs" / "deployment.md").read_text()
    settings = guide.partition("## Settings")[2].partition("\n## ")[0]
    read = {name for path in CODE if "target" not in path.parts for name in VARIABLE.findall(path.read_text())}
    documented = set(VARIABLE.findall(settings))
    assert len(read) > 15
    assert {name for name in read - documented if not FAMILIES.fullmatch(name)} == set()
    assert {name for name in documented - read if not FAMILIES.fullmatch(name)} == set()
