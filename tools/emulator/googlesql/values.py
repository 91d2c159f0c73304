"""Values of GoogleSQL's reference engine, which runs a query that reads no table as BigQuery does."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from zetasql.wasi._pb2.zetasql.local_service.local_service_pb2 import EvaluateQueryResponse
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeKind, TypeProto
from zetasql.wasi._pb2.zetasql.public.value_pb2 import ValueProto

EPOCH = date(1970, 1, 1)
# What a NUMERIC and a BIGNUMERIC count in.
NUMERIC_DIGITS, BIGNUMERIC_DIGITS = 9, 38
# Sums of floats may be added up in another order.
RELATIVE_TOLERANCE = 1e-9

# Forms in which equal values are equal, of the types that have several. DuckDB adds up integers as wider numbers.
NORMAL: Mapping[int, Callable[[Any], Any]] = {
    TypeKind.TYPE_INT64: int,
    TypeKind.TYPE_DOUBLE: float,
    TypeKind.TYPE_JSON: json.loads,
    TypeKind.TYPE_NUMERIC: lambda value: Decimal(value).normalize(),
    TypeKind.TYPE_BIGNUMERIC: lambda value: Decimal(value).normalize(),
    TypeKind.TYPE_TIMESTAMP: lambda value: value.astimezone(UTC),
}


def _decimal(digits: int) -> Callable[[bytes], Decimal]:
    def read(value: bytes) -> Decimal:
        return Decimal(int.from_bytes(value, "little", signed=True)).scaleb(-digits)

    return read


def _time_of(packed: int, nanos: int) -> time:
    """Read a time of day from its packed form: six bits of seconds and of minutes, then hours."""
    return time((packed >> 12) & 31, (packed >> 6) & 63, packed & 63, nanos // 1000)


def _datetime_of(value: ValueProto.Datetime) -> datetime:
    packed = value.bit_field_datetime_seconds
    day = date(packed >> 26, (packed >> 22) & 15, (packed >> 17) & 31)
    return datetime.combine(day, _time_of(packed, value.nanos))


SCALARS: Mapping[int, tuple[pa.DataType, str, Callable[[Any], Any]]] = {
    TypeKind.TYPE_INT64: (pa.int64(), "int64_value", int),
    TypeKind.TYPE_STRING: (pa.string(), "string_value", str),
    TypeKind.TYPE_BOOL: (pa.bool_(), "bool_value", bool),
    TypeKind.TYPE_DOUBLE: (pa.float64(), "double_value", float),
    TypeKind.TYPE_BYTES: (pa.binary(), "bytes_value", bytes),
    TypeKind.TYPE_DATE: (pa.date32(), "date_value", lambda days: EPOCH + timedelta(days=days)),
    TypeKind.TYPE_TIMESTAMP: (
        pa.timestamp("us", tz="UTC"),
        "timestamp_value",
        lambda value: datetime.fromtimestamp(value.seconds, UTC) + timedelta(microseconds=value.nanos // 1000),
    ),
    TypeKind.TYPE_DATETIME: (pa.timestamp("us"), "datetime_value", _datetime_of),
    TypeKind.TYPE_TIME: (pa.time64("us"), "time_value", lambda value: _time_of(value >> 30, value & (2**30 - 1))),
    TypeKind.TYPE_NUMERIC: (pa.decimal128(38, NUMERIC_DIGITS), "numeric_value", _decimal(NUMERIC_DIGITS)),
    TypeKind.TYPE_BIGNUMERIC: (pa.decimal256(76, BIGNUMERIC_DIGITS), "bignumeric_value", _decimal(BIGNUMERIC_DIGITS)),
    TypeKind.TYPE_JSON: (pa.string(), "json_value", str),
}


def can_show(kind: TypeProto) -> bool:
    """Whether values of a type can be compared: not those of INTERVAL, GEOGRAPHY and RANGE."""
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        return can_show(kind.array_type.element_type)
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        return all(can_show(field.field_type) for field in kind.struct_type.field)
    return kind.type_kind in SCALARS


def result_table(response: EvaluateQueryResponse) -> pa.Table:
    """Return what the reference engine answered.

    :param response: its response to ``EvaluateQuery``; ``can_show`` holds for each column.
    """
    columns = response.prepared.columns
    rows = response.content.table_data.row
    return pa.table(
        [
            pa.array([_value(row.cell[i], column.type) for row in rows], _arrow(column.type))
            for i, column in enumerate(columns)
        ],
        names=[column.name for column in columns],
    )


def _arrow(kind: TypeProto) -> pa.DataType:
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        return pa.list_(_arrow(kind.array_type.element_type))
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        return pa.struct([pa.field(field.field_name, _arrow(field.field_type)) for field in kind.struct_type.field])
    return SCALARS[kind.type_kind][0]


def _value(value: ValueProto, kind: TypeProto) -> Any:
    if value.WhichOneof("value") is None:
        return None
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        return [_value(element, kind.array_type.element_type) for element in value.array_value.element]
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        fields = zip(kind.struct_type.field, value.struct_value.field, strict=True)
        return {field.field_name: _value(inner, field.field_type) for field, inner in fields}
    _, name, read = SCALARS[kind.type_kind]
    return read(getattr(value, name))


def normal(value: Any, kind: TypeProto) -> Any:
    """Return a value in the one form in which equal values of a type are equal.

    :param value: as pyarrow gives it, of either engine.
    :param kind: its type in BigQuery.
    """
    if value is None:
        # BigQuery answers a NULL array as an empty one.
        return [] if kind.type_kind == TypeKind.TYPE_ARRAY else None
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        return [normal(element, kind.array_type.element_type) for element in value]
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        inner = zip(value.values(), kind.struct_type.field, strict=True)
        return [normal(part, field.field_type) for part, field in inner]
    return NORMAL.get(kind.type_kind, lambda same: same)(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values in normal form are the same, floats but for their last digits."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=RELATIVE_TOLERANCE) or (math.isnan(one) and math.isnan(other))
    return type(one) is type(other) and one == other


def differences(ours: pa.Table, reference: pa.Table, kinds: list[TypeProto], *, ordered: bool) -> str:
    """Return the first row in which two results differ, as text; empty where they are the same.

    :param ours: the embedded warehouse's result.
    :param reference: the reference engine's.
    :param kinds: the columns' types.
    :param ordered: whether the order of rows counts.
    """
    sides = []
    for table in (ours, reference):
        columns = [
            [normal(value, kind) for value in column.to_pylist()]
            for column, kind in zip(table.columns, kinds, strict=True)
        ]
        rows = [list(row) for row in zip(*columns, strict=True)]
        sides.append(rows if ordered else sorted(rows, key=repr))
    if len(sides[0]) != len(sides[1]):
        return f"{len(sides[0])} rows instead of {len(sides[1])}"
    return next((f"{row} instead of {right}" for row, right in zip(*sides, strict=True) if not same(row, right)), "")
