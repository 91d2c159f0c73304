"""``make mutate`` names the changes that a unit test does not notice, and no others."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.local.services import EMULATOR_PYTHON, REPOSITORY
from tools.mutate.__main__ import area_of, changed_models, is_equivalent, line_of

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


def scored(tmp_path: Path, tests: dict[str, list[tuple[str, str, str]]]) -> dict[str, dict[str, Any]]:
    """Return the scores of models, given the SQL, the rows and the expectation of their unit tests."""
    cases = {}
    for name, own in tests.items():
        cases[name] = [str(tmp_path / f"{name}_{number}.sql") for number in range(len(own))]
        for file, (model, given, expected) in zip(cases[name], own, strict=True):
            text = QUERY.format(model=model, given=f"select * from unnest({given})", expected=expected)
            Path(file).write_text(text)
    (tmp_path / "cases.json").write_text(json.dumps({"queries": cases, "models": list(cases), "sample": 0}))
    command = [EMULATOR_PYTHON, REPOSITORY / "tools/mutate/score.py", tmp_path / "cases.json", tmp_path / "scores.json"]
    subprocess.run(command, check=True)
    return json.loads((tmp_path / "scores.json").read_text())


def changes(score: dict[str, Any]) -> set[tuple[str, str]]:
    """Return a score's survivors as (before, after)."""
    return {(one["before"].lower(), one["after"].lower()) for one in score["survivors"]}


# Both sides of the boundary, and two rows of one customer.
SHARP = (
    "[struct('a' as customer_id, 11 as amount), ('a', 12), ('b', 10), ('c', 13)]",
    "select 'a' as customer_id, 23 as total union all select 'c', 13",
)
# One row, far from the boundary.
BLUNT = ("[struct('a' as customer_id, 100 as amount)]", "select 'a' as customer_id, 100 as total")
WRONG = ("[struct('a' as customer_id, 100 as amount)]", "select 'a' as customer_id, 99 as total")


# What a macro makes of a column: the same rule, whichever the column is.
RATED = """
    select
        customer_id,
        case
            when regexp_contains(lower({0}), r'gold|platinum') then 3
            when lower({0}) in ('silver', 'steel') then 2
            when lower({0}) = 'bronze' then 1
            when lower({0}) = '' or {0} is null then 0
            else 9
        end as total
    from __dbt__cte__orders
"""


def rated(column: str, values: dict[str | None, int]) -> tuple[str, str, str]:
    """Return a unit test of a model that rates a column's values."""
    given = ", ".join(
        f"struct({json.dumps(value)} as customer_id, {json.dumps(value)} as {column})" for value in values
    )
    expected = " union all ".join(
        f"select {json.dumps(value)} as customer_id, {total} as total" for value, total in values.items()
    )
    return RATED.format(column), f"[{given}]", expected


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return the scores of six models, which have one unit test each; two of them rate a column."""
    tiers = {"GOLD": 3, "platinum": 3, "silver": 2, "steel": 2, "bronze": 1, "": 0, "tin": 9}
    tests = {
        "sharp": [(MODEL, *SHARP)],
        "blunt": [(MODEL, *BLUNT)],
        "wrong": [(MODEL, *WRONG)],
        "other": [(MODEL.replace("10", "20"), *BLUNT)],
        "levels": [rated("level", {"tin": 9})],
        "tiers": [rated("tier", tiers)],
    }
    return scored(tmp_path_factory.mktemp("scores"), tests)


def test_survivors_are_what_the_rows_cannot_tell_apart(scores: dict[str, dict[str, Any]]) -> None:
    assert scores["sharp"]["survivors"] == []
    assert scores["sharp"]["tried"] >= 4
    assert {
        ("amount > 10", "amount >= 10"),
        ("amount > 10", "true"),
        ("sum(amount)", "max(amount)"),
        ("10", "11"),
    } <= changes(scores["blunt"])
    # A test that does not pass cannot notice anything.
    assert scores["wrong"] == {"tried": 0, "survivors": [], "unusable": ["wrong_0"]}


def test_what_a_macro_puts_into_two_models_is_one_rule_that_either_may_notice(
    scores: dict[str, dict[str, Any]],
) -> None:
    assert scores["levels"]["tried"] > 10
    assert scores["tiers"]["tried"] == 0
    # Its own test has one row, that of the last branch.
    assert scores["levels"]["survivors"] == []


def test_a_short_rule_is_each_models_own(scores: dict[str, dict[str, Any]]) -> None:
    assert ("amount > 20", "amount >= 20") in changes(scores["other"])
    assert {tuple(one["models"]) for one in scores["other"]["survivors"]} == {("other",)}


def manifest() -> dict[str, Any]:
    """Return a project of a seed, two macros and three models."""

    def node(kind: str, name: str, file: str, macros: list[str], nodes: list[str]) -> dict[str, Any]:
        needs = {"macros": macros, "nodes": nodes}
        return {
            "name": name,
            "resource_type": kind,
            "original_file_path": file,
            "patch_path": None,
            "depends_on": needs,
        }

    return {
        "macros": {
            "macro.inner": node("macro", "inner", "macros/inner.sql", [], []),
            "macro.outer": node("macro", "outer", "macros/outer.sql", ["macro.inner"], []),
        },
        "nodes": {
            "seed.points": node("seed", "points", "seeds/points.csv", [], []),
            "model.a": node("model", "a", "models/a.sql", ["macro.outer"], []),
            "model.b": {**node("model", "b", "models/b.sql", [], ["seed.points"]), "patch_path": "shop://models/b.yml"},
            "model.c": node("model", "c", "models/c.sql", [], ["model.b"]),
        },
    }


@pytest.mark.parametrize(
    ("file", "models"),
    [
        ("include/dbt/models/a.sql", {"a"}),
        ("include/dbt/models/b.yml", {"b"}),
        ("include/dbt/macros/inner.sql", {"a"}),
        ("include/dbt/seeds/points.csv", {"b"}),
        ("plugins/martech/a.sql", set()),
    ],
)
def test_a_changed_file_names_the_models_that_it_may_change(file: str, models: set[str]) -> None:
    assert changed_models(manifest(), [file]) == models


def test_an_equivalent_mutant_is_excused_only_where_it_is_declared() -> None:
    survivor = {"before": "0", "after": "1", "within": "COALESCE(spend, 0)", "models": ["ads", "costs"]}
    declared = {"costs": [{"before": "0", "after": "1", "within": "spend", "why": "spend is never NULL"}]}
    assert is_equivalent(survivor, declared)
    assert not is_equivalent({**survivor, "models": ["ads"]}, declared)
    assert not is_equivalent({**survivor, "within": "COALESCE(clicks, 0)"}, declared)
    assert not is_equivalent({**survivor, "after": "2"}, declared)


def test_a_survivor_is_shown_with_its_line() -> None:
    sources = {
        "models/ads.sql": "select\n    sum(spend) as spend,\n    if(days_ago < 30, clicks, 0) as clicks_30d\nfrom ads",
        "macros/rate.sql": "round(safe_divide(a, b), 4)",
    }
    survivor = {"before": "days_ago < 30", "within": "IF(ads.days_ago < 30, ads.clicks, 0)"}
    assert line_of(survivor, sources) == "models/ads.sql:3"


@pytest.mark.parametrize(
    ("model", "area"),
    [
        ("stg_braze__users", "staging"),
        ("customer_360", "customer 360"),
        ("int_customers__source_records", "consent"),
        ("customer_health_scores", "scores"),
        ("cohort_retention", "gold, other"),
    ],
)
def test_a_model_is_reported_with_its_area(model: str, area: str) -> None:
    assert area_of(model) == area
