"""JSON as BigQuery's TO_JSON_STRING writes it, made from DuckDB's JSON of a value and the name of its type."""

from __future__ import annotations

import base64
import functools
import json
import math
import re
from collections.abc import Callable
from typing import Any

# Integers beyond it have no exact float64, so BigQuery writes them as strings.
LARGEST_EXACT = 2**53

# A quoted name, a word with what belongs to it (DECIMAL(38,9), TIMESTAMP WITH TIME ZONE), an array, or a mark.
TOKEN = re.compile(r'"(?:[^"]|"")*"|\[\d*\]|[(),]|[^\s"(),\[\]]+')

Write = Callable[[Any], str]


class Number(str):
    """A number of JSON that is no integer, as it is written."""

    __slots__ = ()


READ = json.JSONDecoder(parse_float=Number).decode
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_string(text: str, kind: str) -> str:
    """Return a value's JSON as BigQuery writes it.

    :param text: DuckDB's JSON of the value.
    :param kind: DuckDB's name of its type.
    """
    return _writer(kind)(READ(text))


@functools.lru_cache(maxsize=1024)
def _writer(kind: str) -> Write:
    """Return what writes values of a type, given by DuckDB's name of it."""
    tokens = TOKEN.findall(kind)
    tokens.reverse()
    return _type(tokens)


def _type(tokens: list[str]) -> Write:
    """Read a type off the end of reversed tokens."""
    word = tokens.pop().upper()
    if word == "STRUCT":
        write = _struct(tokens)
    else:
        while tokens and tokens[-1] not in {",", ")"} and not tokens[-1].startswith("["):
            if (more := tokens.pop()) == "(":
                while tokens.pop() != ")":
                    pass
            else:
                word += f" {more.upper()}"
        write = WRITERS.get(word, _plain)
    while tokens and tokens[-1].startswith("["):
        tokens.pop()
        write = _array(write)
    return write


def _struct(tokens: list[str]) -> Write:
    fields: list[tuple[str, str, Write]] = []
    while tokens.pop() != ")":
        # The mark that it popped is the opening bracket or a comma.
        name = tokens.pop()
        name = name[1:-1].replace('""', '"') if name.startswith('"') else name
        fields.append((name, f"{_plain(name)}:", _type(tokens)))

    def write(value: dict[str, Any] | None) -> str:
        if value is None:
            return "null"
        return "{" + ",".join(label + field(value[name]) for name, label, field in fields) + "}"

    return write


def _array(element: Write) -> Write:
    def write(value: list[Any] | None) -> str:
        # BigQuery answers a NULL array as an empty one only in results.
        return "null" if value is None else "[" + ",".join(map(element, value)) + "]"

    return write


def _plain(value: Any) -> str:
    return ENCODE(value).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _integer(value: int | None) -> str:
    if value is None:
        return "null"
    return str(value) if -LARGEST_EXACT <= value <= LARGEST_EXACT else f'"{value}"'


def _float(value: Number | float | None) -> str:
    if value is None:
        return "null"
    number = float(value)
    if not math.isfinite(number):
        return {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}[str(number)]
    short = f"{number:.15g}"
    return short if float(short) == number else f"{number:.17g}"


def _decimal(value: Number | int | None) -> str:
    if value is None:
        return "null"
    text = str(value)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f'"{text}"' if "." in text else _integer(int(text))


def _time(value: str | None) -> str:
    """Write a time of day with no fraction, milliseconds or microseconds."""
    if value is None:
        return "null"
    whole, _, fraction = value.partition(".")
    digits = -(-len(fraction) // 3) * 3
    return f'"{whole}.{fraction:0<{digits}}"' if fraction else f'"{whole}"'


def _datetime(value: str | None) -> str:
    return "null" if value is None else _time(value.replace(" ", "T", 1))


def _timestamp(value: str | None) -> str:
    return "null" if value is None else _datetime(value.removesuffix("+00"))[:-1] + 'Z"'


def _bytes(value: str | None) -> str:
    if value is None:
        return "null"
    # DuckDB writes bytes that are not printable as \\xE9.
    raw = re.sub(r"\\x([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), value).encode("latin-1")
    return f'"{base64.b64encode(raw).decode()}"'


def _json(value: Any) -> str:
    if isinstance(value, Number):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{_plain(name)}:{_json(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return _plain(value)


WRITERS: dict[str, Write] = {
    "BIGINT": _integer,
    "HUGEINT": _integer,
    "DOUBLE": _float,
    "FLOAT": _float,
    "DECIMAL": _decimal,
    "TIME": _time,
    "TIMESTAMP": _datetime,
    "TIMESTAMP WITH TIME ZONE": _timestamp,
    "BLOB": _bytes,
    "JSON": _json,
}
