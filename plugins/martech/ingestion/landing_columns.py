"""Find a declared column in a connector's table, whatever its spelling, and read it as the declared type.

Connectors spell one name in several ways: ``utm_source__c`` lands as ``utm_source_c``, and with original names as
``utm_source__c``; ``AnnualRevenue`` as ``annual_revenue``. Names are compared without case and underscores.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from sqlglot import exp

from martech.warehouse.statements import require_identifier

# Expressions that read a column of one type as another; a text that is no such value becomes NULL.
CONVERSIONS = {
    ("INT64", "STRING"): "cast({} as string)",
    ("FLOAT64", "STRING"): "cast({} as string)",
    ("NUMERIC", "STRING"): "cast({} as string)",
    ("BIGNUMERIC", "STRING"): "cast({} as string)",
    ("BOOL", "STRING"): "cast({} as string)",
    ("DATE", "STRING"): "cast({} as string)",
    ("TIMESTAMP", "STRING"): "cast({} as string)",
    ("JSON", "STRING"): "to_json_string({})",
    ("STRING", "INT64"): "safe_cast({} as int64)",
    ("FLOAT64", "INT64"): "cast({} as int64)",
    ("NUMERIC", "INT64"): "cast({} as int64)",
    ("BIGNUMERIC", "INT64"): "cast({} as int64)",
    ("BOOL", "INT64"): "cast({} as int64)",
    ("TIMESTAMP", "INT64"): "unix_micros({})",
    ("STRING", "NUMERIC"): "safe_cast({} as numeric)",
    ("INT64", "NUMERIC"): "cast({} as numeric)",
    ("FLOAT64", "NUMERIC"): "cast({} as numeric)",
    ("BIGNUMERIC", "NUMERIC"): "cast({} as numeric)",
    ("STRING", "FLOAT64"): "safe_cast({} as float64)",
    ("INT64", "FLOAT64"): "cast({} as float64)",
    ("NUMERIC", "FLOAT64"): "cast({} as float64)",
    ("BIGNUMERIC", "FLOAT64"): "cast({} as float64)",
    ("STRING", "BOOL"): "safe_cast({} as bool)",
    ("INT64", "BOOL"): "{} != 0",
    # Analytics writes days without dashes.
    ("STRING", "DATE"): ("coalesce(safe.parse_date('%Y%m%d', {0}), safe.parse_date('%Y-%m-%d', substr({0}, 1, 10)))"),
    ("TIMESTAMP", "DATE"): "date({})",
    ("DATETIME", "DATE"): "date({})",
    ("STRING", "TIMESTAMP"): "safe_cast({} as timestamp)",
    ("DATE", "TIMESTAMP"): "timestamp({})",
    ("DATETIME", "TIMESTAMP"): "timestamp({})",
    ("STRING", "JSON"): "safe.parse_json({})",
}
PARAMETER_VALUES = {"string_value": "STRING", "int_value": "INT64", "double_value": "FLOAT64", "float_value": "FLOAT64"}


def normalized(name: str) -> str:
    """Return a name as names are compared.

    :param name: table or column name.
    """
    return name.lower().replace("_", "")


@dataclass(frozen=True)
class Found:
    """A column that a connector's table has.

    :param column: name of the column, or of that in which it is.
    :param expression: SQL that reads it.
    :param data_type: its type, as ``INFORMATION_SCHEMA.COLUMNS`` writes it; for a parameter the types of its values.
    :param values: for a parameter of Analytics: SQL of its value by type, in a column of ``parameter_columns``.
    """

    column: str
    expression: str
    data_type: str
    values: Mapping[str, str] | None = None


@cache
def _type(data_type: str) -> exp.DataType:
    return exp.DataType.build(data_type, dialect="bigquery")


def _fields(data_type: exp.DataType) -> dict[str, exp.DataType]:
    """Return the fields of a STRUCT by normalized name."""
    return {
        normalized(field.name): field.args["kind"]
        for field in data_type.expressions
        if isinstance(field, exp.ColumnDef)
    }


def _spelled(data_type: exp.DataType, name: str) -> str:
    return next(str(field.name) for field in data_type.expressions if normalized(field.name) == normalized(name))


def is_parameters(data_type: str) -> bool:
    """Return whether a type is a list of keys and values, as Analytics keeps parameters and properties.

    :param data_type: as ``INFORMATION_SCHEMA.COLUMNS`` writes it.
    """
    if not data_type.startswith("ARRAY<STRUCT<"):
        return False
    fields = _fields(_type(data_type).expressions[0])
    return {"key", "value"} <= fields.keys() and fields["value"].is_type("STRUCT")


def _parameter_values(data_type: str) -> list[tuple[str, str]]:
    """Return the typed values of a parameter: field of ``value``, and its type."""
    value = _fields(_type(data_type).expressions[0])["value"]
    names = {field.name.lower() for field in value.expressions}
    return [(name, kind) for name, kind in PARAMETER_VALUES.items() if name in names]


def find_column(names: Iterable[str], columns: Mapping[str, str]) -> Found | None:
    """Return the first of several names that a table has; None if it has none.

    :param names: a column, a field of a STRUCT (``device.category``), or a parameter (``event_params.page_title``).
    :param columns: types of the table's columns by name.
    """
    spelled = {normalized(column): column for column in columns}
    for name in names:
        first, *rest = name.split(".")
        column = spelled.get(normalized(first))
        if column is None:
            continue
        found = _inside(require_identifier("column", column), columns[column], rest)
        if found:
            return found
    return None


def _inside(column: str, data_type: str, path: list[str]) -> Found | None:
    """Return what is at a path inside a column; None if there is nothing."""
    quoted = f"`{column}`"
    if path and is_parameters(data_type):
        (key,) = path
        require_identifier("parameter", key)
        values = {kind: f"`{_read_once(column)}`.`{key}__{field}`" for field, kind in _parameter_values(data_type)}
        return Found(column, quoted, data_type, values)
    expression, inner = quoted, _type(data_type)
    for part in path:
        if not inner.is_type("STRUCT") or normalized(part) not in _fields(inner):
            return None
        expression += f".`{require_identifier('field', _spelled(inner, part))}`"
        inner = _fields(inner)[normalized(part)]
    return Found(column, expression, inner.sql("bigquery") if path else data_type)


def _read_once(column: str) -> str:
    return f"_{column}"


def parameter_columns(names: Iterable[Iterable[str]], columns: Mapping[str, str]) -> list[str]:
    """Return SQL of the columns that ``find_column`` expects beside the table's own, one per list of parameters.

    Each holds all parameters that are read of the list, so that the list is gone through once and not once for each.

    :param names: of each column that is read, the names under which it is looked for.
    :param columns: types of the table's columns by name.
    """
    spelled = {normalized(column): column for column in columns}
    keys: dict[str, dict[str, None]] = {}
    for name in (name for alternatives in names for name in alternatives):
        first, *rest = name.split(".")
        column = spelled.get(normalized(first))
        if column and rest and is_parameters(columns[column]):
            keys.setdefault(column, {})[require_identifier("parameter", rest[0])] = None
    return [_struct_of(column, columns[column], wanted) for column, wanted in keys.items()]


def _struct_of(column: str, data_type: str, keys: Iterable[str]) -> str:
    fields = ", ".join(
        f"max(if(p.key = '{key}', p.value.{field}, null)) as `{key}__{field}`"
        for key in keys
        for field, _ in _parameter_values(data_type)
    )
    return f"(select as struct {fields} from unnest(`{column}`) as p) as `{_read_once(column)}`"  # noqa: S608 - names


def convert(found: Found, wanted: str) -> str | None:
    """Return SQL that reads a column as the wanted type; None where nobody can say how.

    :param found: the column.
    :param wanted: BOOL, DATE, FLOAT64, INT64, JSON, NUMERIC, STRING or TIMESTAMP.
    """
    if found.values is not None:
        parts = [(kind, convert(Found(found.column, sql, kind), wanted)) for kind, sql in found.values.items()]
        # The value of the wanted type first: a number is kept as a text where it is asked for as one.
        parts.sort(key=lambda part: part[0] != wanted)
        return f"coalesce({', '.join(sql for _, sql in parts if sql)})"
    kind = _plain(found.data_type)
    if kind == wanted:
        return found.expression
    if wanted == "JSON" and is_parameters(found.data_type):
        return _parameters_as_json(found)
    if wanted == "JSON" and kind in ("STRUCT", "ARRAY"):
        return f"to_json({found.expression})"
    conversion = CONVERSIONS.get((kind, wanted))
    return conversion.format(found.expression) if conversion else None


def _plain(data_type: str) -> str:
    """Return a type without its length, precision and fields."""
    name = re.split(r"[<(]", data_type, maxsplit=1)[0].strip().upper()
    return {"BOOLEAN": "BOOL", "INTEGER": "INT64", "FLOAT": "FLOAT64", "DECIMAL": "NUMERIC"}.get(name, name)


def _parameters_as_json(found: Found) -> str:
    # TO_JSON_STRING(NULL) is the text 'null', so COALESCE would end there.
    cases = " ".join(
        f"when p.value.{field} is not null then to_json_string(p.value.{field})"
        for field, _ in _parameter_values(found.data_type)
    )
    return (
        "(select parse_json(concat('{', string_agg(concat(to_json_string(p.key), ': ', "  # noqa: S608 - fields of Analytics
        f"case {cases} end), ', ' order by p.key), '}}')) from unnest({found.expression}) as p)"
    )


def object_of(columns: Mapping[str, str]) -> str:
    """Return SQL of a JSON object with the columns that have a value; NULL if none has.

    :param columns: SQL by key.
    """
    entries = ", ".join(
        f"""if({sql} is null, null, concat('"{require_identifier("key", key)}": ', to_json_string({sql})))"""
        for key, sql in sorted(columns.items())
    )
    return f"parse_json(concat('{{', nullif(array_to_string([{entries}], ', '), ''), '}}'))"
