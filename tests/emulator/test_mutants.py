"""``make mutate`` names the changes that a unit test does not notice, and no others."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tools.local.services import EMULATOR_PYTHON, REPOSITORY

MODEL = "select customer_id, sum(amount) as total from __dbt__cte__orders where amount > 10 group by customer_id"
QUERY = """
with dbt_internal_unit_test_actual as (
    select customer_id, total, 'actual' as actual_or_expected
    from (
        with __dbt__cte__orders as ({given})
        {model}
    ) as _dbt_internal_unit_test_actual
),

dbt_internal_unit_test_expected as (
    select customer_id, total, 'expected' as actual_or_expected from ({expected}) as _dbt_internal_unit_test_expected
)

select * from dbt_internal_unit_test_actual
union all
select * from dbt_internal_unit_test_expected
"""


def survivors(tmp_path: Path, rows: dict[str, tuple[str, str]]) -> dict[str, list[list[str]]]:
    """Return the survivors of the model by test, where each test is the model's only one."""
    cases = {}
    for name, (given, expected) in rows.items():
        (tmp_path / f"{name}.sql").write_text(
            QUERY.format(model=MODEL, given=f"select * from unnest({given})", expected=expected)
        )
        cases[name] = [str(tmp_path / f"{name}.sql")]
    (tmp_path / "cases.json").write_text(json.dumps({"models": cases, "sample": 0}))
    subprocess.run(
        [
            EMULATOR_PYTHON,
            REPOSITORY / "tools/mutate/score.py",
            tmp_path / "cases.json",
            tmp_path / "results.json",
        ],
        check=True,
    )
    return json.loads((tmp_path / "results.json").read_text())


def test_survivors_are_what_the_rows_cannot_tell_apart(tmp_path: Path) -> None:
    found = survivors(
        tmp_path,
        {
            # Both sides of the boundary, and two rows of one customer.
            "sharp": (
                "[struct('a' as customer_id, 11 as amount), ('a', 12), ('b', 10), ('c', 13)]",
                "select 'a' as customer_id, 23 as total union all select 'c', 13",
            ),
            # One row, far from the boundary.
            "blunt": (
                "[struct('a' as customer_id, 100 as amount)]",
                "select 'a' as customer_id, 100 as total",
            ),
            "wrong": (
                "[struct('a' as customer_id, 100 as amount)]",
                "select 'a' as customer_id, 99 as total",
            ),
        },
    )
    assert found["sharp"]["survivors"] == []
    assert found["sharp"]["tried"] >= 4
    changes = {(before.lower(), after.lower()) for _, before, after in found["blunt"]["survivors"]}
    assert {
        ("amount > 10", "amount >= 10"),
        ("amount > 10", "true"),
        ("sum(amount)", "max(amount)"),
        ("10", "11"),
    } <= changes
    # A test that does not pass cannot notice anything.
    assert found["wrong"] == {"tried": 0, "survivors": [], "unusable": ["wrong"]}
