"""Every test has an assertion that could fail."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
Function = ast.FunctionDef | ast.AsyncFunctionDef
# Calls that fail a test, by the last part of their name: pytest's, Playwright's, and Airflow's check of a DAG.
FAILING_CALLS = {"raises", "fail", "expect", "check_cycle"}
# Those of mocks.
FAILING_PREFIX = "assert_"


def functions(tree: ast.AST) -> list[Function]:
    """Return all functions of a file, also those of classes and in functions."""
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def called(node: ast.AST) -> set[str]:
    """Return the last part of the names that are called in a node."""
    names = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            if isinstance(call.func, ast.Name):
                names.add(call.func.id)
            elif isinstance(call.func, ast.Attribute):
                names.add(call.func.attr)
    return names


def can_fail(assertion: ast.Assert) -> bool:
    """Whether an assertion says something: not a constant, a text or a tuple, which are always true."""
    return not isinstance(assertion.test, ast.Constant | ast.Tuple | ast.JoinedStr)


def asserts(function: Function) -> bool:
    """Whether a function itself may fail a test."""
    names = called(function)
    return (
        any(isinstance(node, ast.Assert) and can_fail(node) for node in ast.walk(function))
        or bool(names & FAILING_CALLS)
        or any(name.startswith(FAILING_PREFIX) for name in names)
    )


def helpers(trees: list[ast.AST]) -> set[str]:
    """Return the names of the tests' own functions that may fail a test, themselves or by what they call."""
    own = {f.name: f for tree in trees for f in functions(tree) if not f.name.startswith("test_")}
    calls = {name: called(function) for name, function in own.items()}
    found = {name for name, function in own.items() if asserts(function)}
    while new := {name for name in own if calls[name] & found} - found:
        found |= new
    return found


def without_assertion(trees: dict[str, ast.AST]) -> list[str]:
    """Return the tests that cannot fail by an assertion, as file and name."""
    failing = helpers(list(trees.values()))
    return [
        f"{file}::{function.name}"
        for file, tree in trees.items()
        for function in functions(tree)
        if function.name.startswith("test_") and not asserts(function) and not called(function) & failing
    ]


def test_every_test_has_an_assertion_that_could_fail() -> None:
    files = [path for path in TESTS.rglob("*.py") if "cases" not in path.parts]
    trees = {str(path.relative_to(TESTS)): ast.parse(path.read_text()) for path in files}
    assert without_assertion(trees) == []


@pytest.mark.parametrize(
    ("body", "is_empty"),
    [
        ("build()", True),
        ("assert True", True),
        ("assert (build(), 'built')", True),
        ("assert build()", False),
        ("check()", False),
        ("check_all()", False),
        ("with pytest.raises(ValueError): build()", False),
        ("mock.assert_called_once_with(1)", False),
    ],
)
def test_a_test_without_an_assertion_is_found(body: str, is_empty: bool) -> None:
    text = f"def build(): ...\ndef check(): assert build()\ndef check_all(): check()\ndef test_it(): {body}\n"
    if body.startswith("with"):
        text = text.replace("def test_it(): ", "def test_it():\n    ")
    assert bool(without_assertion({"test_it.py": ast.parse(text)})) == is_empty
