"""``make mutate-python`` finds the tests of a module, and reads what cosmic-ray says."""

from __future__ import annotations

import json

import pytest

from tools.local.services import REPOSITORY
from tools.mutate.python import MODULES, imports, nearest_tests, survivors

IMPORTING = {"shop.retry": set(), "shop.delivery": {"shop.retry"}, "shop.engine": {"shop.delivery"}}


@pytest.mark.parametrize(
    ("tests", "nearest"),
    [
        ({"tests/test_retry.py": set(), "tests/test_delivery.py": {"shop.delivery"}}, ["tests/test_retry.py"]),
        ({"tests/test_a.py": {"shop.retry"}, "tests/test_delivery.py": {"shop.delivery"}}, ["tests/test_a.py"]),
        ({"tests/test_b.py": {"shop.engine"}, "tests/test_a.py": {"shop.delivery"}}, ["tests/test_a.py"]),
        ({"tests/test_b.py": {"shop.engine"}}, ["tests/test_b.py"]),
        ({"tests/test_c.py": {"other"}}, []),
    ],
)
def test_the_nearest_tests_are_those_of_the_name_then_those_that_import(
    tests: dict[str, set[str]], nearest: list[str]
) -> None:
    assert nearest_tests("shop.retry", IMPORTING, tests) == nearest


def test_imports_are_modules_and_what_is_taken_from_packages() -> None:
    text = "import shop.a\nfrom shop import b\n\ndef late():\n    from shop.c import D\n"
    assert imports(text) == {"shop.a", "shop", "shop.b", "shop.c", "shop.c.D"}


def test_survivors_have_a_line_and_a_change() -> None:
    def line(outcome: str) -> str:
        mutation = {"operator_name": "core/NumberReplacer", "start_pos": [30, 4]}
        diff = "--- a\n+++ b\n@@\n same\n-wait = 60\n+wait = 61\n"
        return json.dumps([{"mutations": [mutation]}, {"test_outcome": outcome, "diff": diff}])

    dump = "\n".join([line("survived"), line("killed"), line("incompetent"), json.dumps([{}, None])])
    assert list(survivors(dump)) == [(30, "NumberReplacer", "wait = 60 → wait = 61"), None]


def test_the_modules_exist() -> None:
    assert [name for name in MODULES if not (REPOSITORY / "plugins" / "martech" / name).exists()] == []
