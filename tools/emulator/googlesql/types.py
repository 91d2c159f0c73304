"""BigQuery's types: as text (``ARRAY<STRUCT<a INT64>>``), as fields of the REST API, and as the analyzer has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeKind, TypeProto

SIMPLE = {
    "INT64": TypeKind.TYPE_INT64,
    "STRING": TypeKind.TYPE_STRING,
    "BOOL": TypeKind.TYPE_BOOL,
    "FLOAT64": TypeKind.TYPE_DOUBLE,
    "BYTES": TypeKind.TYPE_BYTES,
    "DATE": TypeKind.TYPE_DATE,
    "TIMESTAMP": TypeKind.TYPE_TIMESTAMP,
    "DATETIME": TypeKind.TYPE_DATETIME,
    "TIME": TypeKind.TYPE_TIME,
    "NUMERIC": TypeKind.TYPE_NUMERIC,
    "BIGNUMERIC": TypeKind.TYPE_BIGNUMERIC,
    "JSON": TypeKind.TYPE_JSON,
    "INTERVAL": TypeKind.TYPE_INTERVAL,
    "GEOGRAPHY": TypeKind.TYPE_GEOGRAPHY,
}
NAMES = {kind: name for name, kind in SIMPLE.items()}
# The REST API's older names, which it still answers with, and the other names of the same types in SQL.
SYNONYMS = {
    "INTEGER": "INT64",
    "INT": "INT64",
    "BIGINT": "INT64",
    "SMALLINT": "INT64",
    "TINYINT": "INT64",
    "BYTEINT": "INT64",
    "BOOLEAN": "BOOL",
    "FLOAT": "FLOAT64",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}
REST = {"INT64": "INTEGER", "BOOL": "BOOLEAN", "FLOAT64": "FLOAT"}


def _parts(text: str) -> Iterator[str]:
    """Yield what stands between the commas of a list, commas inside brackets apart."""
    depth, start = 0, 0
    for position, character in enumerate(text):
        depth += (character in "<(") - (character in ">)")
        if character == "," and not depth:
            yield text[start:position].strip()
            start = position + 1
    if text[start:].strip():
        yield text[start:].strip()


def parse_columns(text: str) -> dict[str, TypeProto]:
    """Return the types of a list of columns, such as ``a INT64, b ARRAY<STRING>``, by name."""
    pairs = (part.split(None, 1) for part in _parts(text))
    return {name.strip("`"): parse_type(kind) for name, kind in pairs}


def parse_type(text: str) -> TypeProto:
    """Return the type that a text names; lengths, precisions and scales are not part of it.

    :param text: such as ``ARRAY<STRUCT<a INT64, b STRING>>``; the REST API's names too.
    :raises KeyError: for a type that BigQuery has not.
    """
    text = text.strip()
    outer, _, inner = text.partition("<")
    if not inner:
        name = re.sub(r"\(.*", "", text).strip().upper()
        return TypeProto(type_kind=SIMPLE[SYNONYMS.get(name, name)])
    inner = inner.removesuffix(">")
    match outer.strip().upper():
        case "ARRAY":
            return array_of(parse_type(inner))
        case "RANGE":
            made = TypeProto(type_kind=TypeKind.TYPE_RANGE)
            made.range_type.element_type.CopyFrom(parse_type(inner))
            return made
        case _:
            return struct_of(parse_columns(inner))


def array_of(element: TypeProto) -> TypeProto:
    """Return the type of an array of ``element``."""
    made = TypeProto(type_kind=TypeKind.TYPE_ARRAY)
    made.array_type.element_type.CopyFrom(element)
    return made


def struct_of(fields: Mapping[str, TypeProto]) -> TypeProto:
    """Return the type of a struct with these fields."""
    made = TypeProto(type_kind=TypeKind.TYPE_STRUCT)
    made.struct_type.SetInParent()
    for name, kind in fields.items():
        made.struct_type.field.add(field_name=name).field_type.CopyFrom(kind)
    return made


def type_text(kind: TypeProto) -> str:
    """Return a type as BigQuery writes it: what ``parse_type`` reads."""
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        return f"ARRAY<{type_text(kind.array_type.element_type)}>"
    if kind.type_kind == TypeKind.TYPE_RANGE:
        return f"RANGE<{type_text(kind.range_type.element_type)}>"
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        return f"STRUCT<{', '.join(f'{f.field_name} {type_text(f.field_type)}' for f in kind.struct_type.field)}>"
    return NAMES[kind.type_kind]


def parameter_type(declared: Mapping[str, Any]) -> TypeProto:
    """Return the type of a query parameter.

    :param declared: ``parameterType`` of the REST API.
    """
    if declared["type"] == "ARRAY":
        return array_of(parameter_type(declared["arrayType"]))
    if declared["type"] == "STRUCT":
        return struct_of({field["name"]: parameter_type(field["type"]) for field in declared["structTypes"]})
    return parse_type(declared["type"])


def field_type(field: Mapping[str, Any]) -> TypeProto:
    """Return the type of a field of a table's schema.

    :param field: ``TableFieldSchema`` of the REST API.
    """
    kind = field["type"].upper()
    if kind in ("RECORD", "STRUCT"):
        made = struct_of({inner["name"]: field_type(inner) for inner in field.get("fields", ())})
    elif kind == "RANGE":
        made = parse_type(f"RANGE<{field['rangeElementType']['type']}>")
    else:
        made = parse_type(kind)
    return array_of(made) if (field.get("mode") or "").upper() == "REPEATED" else made


def rest_field(name: str, kind: TypeProto) -> dict[str, Any]:
    """Return a column as a field of the REST API.

    :param name: the column's name.
    :param kind: its type.
    """
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        return {**rest_field(name, kind.array_type.element_type), "mode": "REPEATED"}
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        fields = [rest_field(field.field_name, field.field_type) for field in kind.struct_type.field]
        return {"name": name, "type": "RECORD", "mode": "NULLABLE", "fields": fields}
    if kind.type_kind == TypeKind.TYPE_RANGE:
        element = rest_field(name, kind.range_type.element_type)
        return {"name": name, "type": "RANGE", "mode": "NULLABLE", "rangeElementType": {"type": element["type"]}}
    text = type_text(kind)
    return {"name": name, "type": REST.get(text, text), "mode": "NULLABLE"}
