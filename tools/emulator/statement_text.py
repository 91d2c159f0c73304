"""A statement's text before any parser sees it: its string literals, and its parameters."""

from __future__ import annotations

import re
from typing import Any

from bqemulator.sql import parameters

LITERAL = re.compile(
    r"""--[^\n]*|\#[^\n]*|/\*.*?\*/|`[^`]*`
    |(?P<prefix>\b(?:rb|br|r|b))?(?P<quote>\'\'\'|\"\"\"|\'|\")(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P=quote)""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[xX]([0-9a-fA-F]{2})|([0-3][0-7]{2})|(.))", re.DOTALL)
LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def read_escapes(sql: str) -> str:
    r"""Write string literals with escapes so that sqlglot reads them as BigQuery does.

    It leaves ``\u00e9`` as it stands, and the backslash in ``'''D\'Arcy'''``.
    """

    def character(escape: re.Match[str]) -> str:
        short, long, byte, octal, letter = escape.groups()
        if code := short or long or byte:
            return chr(int(code, 16))
        return chr(int(octal, 8)) if octal else LETTERS.get(letter, letter)

    def literal(token: re.Match[str]) -> str:
        if not token["quote"] or token["prefix"] or "\\" not in token["body"]:
            return token[0]
        value = ESCAPE.sub(character, token["body"])
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r") + "'"

    return LITERAL.sub(literal, sql) if "\\" in sql else sql


DECIMAL = re.compile(LITERAL.pattern + r"|(?<![\w.])(?P<decimal>\d+\.\d+)(?![\w.])", LITERAL.flags)


def write_decimals_as_floats(sql: str) -> str:
    """Write ``3.25`` as ``3.25e0``, the FLOAT64 that it is in BigQuery.

    The emulator's own rewriting takes an apostrophe in a comment for the beginning of a string: then it changes numbers
    in the strings after it, and leaves those outside.
    """
    return DECIMAL.sub(lambda token: f"{token['decimal']}e0" if token["decimal"] else token[0], sql)


PARAMETER = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|[@$](?P<name>\w+)", re.DOTALL)


def number_parameters(sql: str, given: list[dict[str, Any]]) -> tuple[str, list[Any]]:
    """Bind each named parameter once, so that DuckDB sees the same one in SELECT and GROUP BY.

    The emulator binds each mention by itself, those in strings and comments too.

    :param sql: DuckDB's SQL, with parameters as ``@name`` or ``$name``.
    :param given: query parameters of the REST API, all of them named.
    :returns: SQL with parameters as ``$1``, and their values in that order.
    """
    by_name = {parameter["name"]: parameter for parameter in given}
    numbers: dict[str, int] = {}
    values: list[Any] = []

    def placeholder(token: re.Match[str]) -> str:
        name = token["name"]
        if name not in by_name:
            return token[0]
        if name not in numbers:
            values.append(parameters._extract_value(by_name[name]))
            numbers[name] = len(values)
        number = numbers[name]
        return parameters._placeholder_for(values[number - 1], by_name[name]).replace("?", f"${number}")

    return PARAMETER.sub(placeholder, sql), values
