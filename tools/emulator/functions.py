"""Where a function or an expression of bqemulator 1.4.0 gives another value than BigQuery's: one function per gap.

Each rewrites the tree of a GoogleSQL statement before bqemulator translates it, into what it translates rightly;
docs/emulator.md lists them. What depends on the type of a value, which the tree does not know, is left to a macro of
DuckDB with one body per type. When bqemulator closes a gap itself, its function here goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlglot
from bigquery_json import json_string
from bqemulator.sql import builtin_udfs, inner_query, parameters, translator
from macros import MACROS
from offsets import count_offsets_from_zero, named
from sqlglot import exp
from sqlglot.generators.duckdb import DuckDBGenerator
from statement_text import number_parameters, read_escapes, write_decimals_as_floats

if TYPE_CHECKING:
    import duckdb

Rewrite = Callable[[exp.Expression], exp.Expression | None]

# What Unicode calls White_Space, which TRIM(x) removes.
WHITE_SPACE = (
    "\t\n\v\f\r \u0085\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)

# Days since the first day of the week, by DuckDB's number of that day.
WEEKDAYS = {
    day: n for n, day in enumerate(("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"))
}

# Microseconds of each part that a TIMESTAMP's difference is counted in.
MICROSECONDS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}


def _call(name: str, *arguments: exp.Expression) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def trim_white_space(node: exp.Expression) -> exp.Expression | None:
    """Let TRIM, LTRIM and RTRIM of one argument remove all white space; DuckDB's remove blanks."""
    if node.expression:
        return None
    trimmed = node.copy()
    trimmed.set("expression", exp.Literal.string(WHITE_SPACE))
    return trimmed


def divide_whole_operands(node: exp.Expression) -> exp.Expression | None:
    """Let DIV(a - b, c) divide the difference; the emulator writes ``a - b // c``."""
    operands = {name: node.args[name] for name in ("this", "expression")}
    bare = {name: operand for name, operand in operands.items() if isinstance(operand, exp.Binary)}
    if not bare:
        return None
    divided = node.copy()
    for name, operand in bare.items():
        divided.set(name, exp.Paren(this=operand.copy()))
    return divided


def keep_dates_truncated(node: exp.Expression) -> exp.Expression | None:
    """Let DATE_TRUNC of a DATE be a DATE, and WEEK, WEEK(<day>) and ISOWEEK begin on the right day.

    The emulator keeps the type of casts and literals only, and knows Sunday's week of them alone.
    """
    if node.args.get("zone"):
        return None
    unit = node.args["unit"]
    part = (unit.this if isinstance(unit, exp.WeekStart) else unit).name.upper()
    first_day = {"WEEK": "SUNDAY", "ISOWEEK": "MONDAY"}.get(part, part)
    if first_day in WEEKDAYS:
        return _call("bq_week_trunc", exp.Literal.number(WEEKDAYS[first_day]), node.this)
    if not isinstance(node, exp.DateTrunc):
        return None
    return _call("bq_date_trunc", exp.Literal.string(part), node.this)


def count_if_over_windows(node: exp.Expression) -> exp.Expression | None:
    """Let ``COUNTIF(x) OVER (…)`` count; the emulator puts its OVER behind a COALESCE."""
    if not isinstance(node.parent, exp.Window) or node.parent.this is not node:
        return None
    counted = exp.If(this=node.this.copy(), true=exp.Literal.number(1), false=exp.Null())
    return exp.Count(this=counted)


def join_arrays_of_nulls(node: exp.Expression) -> exp.Expression | None:
    """Let ARRAY_TO_STRING of NULLs only, or of no element, be ``''``, which is NULL in DuckDB."""
    joined = exp.Coalesce(this=node.copy(), expressions=[exp.Literal.string("")])
    is_null = exp.Is(this=node.this.copy(), expression=exp.Null())
    return exp.If(this=is_null, true=exp.Null(), false=joined)


# What makes of a value one that DuckDB casts to the type as BigQuery does.
CASTS = {
    exp.DataType.Type.BIGINT: "bq_half_away",
    exp.DataType.Type.BOOLEAN: "bq_truth",
    exp.DataType.Type.TEXT: "bq_string",
}


def cast_as_bigquery(node: exp.Expression) -> exp.Expression | None:
    """Let CAST and SAFE_CAST give BigQuery's INT64, BOOL and STRING.

    DuckDB rounds halves of a DOUBLE to the even number and reads '1.5' as 2, 'yes' as TRUE; it writes 1.0 as '1.0', and
    as many digits of a NUMERIC and of a second as there are.
    """
    if node.to.this not in CASTS:
        return None
    value = node.this
    if isinstance(value, exp.Null | exp.Parameter | exp.Placeholder | exp.Count) or _is_plain_literal(value):
        return None
    macro = CASTS[node.to.this]
    if macro == "bq_half_away" and value.find(exp.AggFunc):
        macro = "bq_half_away_aggregate"
    cast = node.copy()
    cast.set("this", _call(macro, value))
    return cast


def keep_nine_decimals() -> None:
    """Let NUMERIC be written as the type of nine decimals that it is; DuckDB's DECIMAL without numbers has three."""
    transforms = DuckDBGenerator.TRANSFORMS
    plain_type = transforms[exp.DataType]

    def type_sql(generator: DuckDBGenerator, node: exp.DataType) -> str:
        if node.this == exp.DataType.Type.DECIMAL and not node.expressions:
            return "DECIMAL(38, 9)"
        return plain_type(generator, node)

    transforms[exp.DataType] = type_sql


def _is_plain_literal(value: exp.Expression) -> bool:
    """Return whether a value is a literal of an integer, or of text that is one or is cast to text."""
    if not isinstance(value, exp.Literal):
        return False
    return value.is_int or (value.is_string and value.parent.to.is_type(exp.DataType.Type.TEXT))


def write_instant_as_bigquery(node: exp.Expression) -> exp.Expression | None:
    """Let ``STRING(t)`` of a TIMESTAMP write its fraction as CAST does; of JSON it is the emulator's to read."""
    if node.args.get("zone"):
        return None
    is_instant = exp.EQ(this=_call("typeof", node.this), expression=exp.Literal.string("TIMESTAMP WITH TIME ZONE"))
    return exp.If(this=is_instant, true=_call("bq_string", node.this), false=node.copy())


def count_units_between(node: exp.Expression) -> exp.Expression | None:
    """Let the difference of two TIMESTAMPs count whole units; DuckDB counts midnights, full hours and so on.

    BigQuery counts those too, between DATETIMEs and between DATEs, by whichever name it is called. Weeks begin on the
    day that is named.
    """
    unit = node.args.get("unit") or exp.var("DAY")
    part = (unit.this if isinstance(unit, exp.WeekStart) else unit).name.upper()
    first_day = {"WEEK": "SUNDAY", "ISOWEEK": "MONDAY"}.get(part, part)
    if first_day in WEEKDAYS and not isinstance(node, exp.TimestampDiff):
        return _call("bq_week_diff", exp.Literal.number(WEEKDAYS[first_day]), node.this, node.expression)
    if part not in MICROSECONDS or (isinstance(node, exp.DateDiff) and part != "DAY"):
        return None
    name = "bq_date_diff" if isinstance(node, exp.DateDiff) else "bq_timestamp_diff"
    microseconds = exp.Literal.number(MICROSECONDS[part])
    return _call(name, exp.Literal.string(part), node.this, node.expression, microseconds)


def write_json_as_bigquery(node: exp.Expression) -> exp.Expression | None:
    """Let TO_JSON_STRING write floats, NUMERICs, large integers, times and BYTES as BigQuery does."""
    if node.args.get("to_json") or node.args.get("options"):
        return None
    return _call("bq_to_json_string", node.this)


SPECIFIER = re.compile(r"%(?:%|[-+ #0']*(?:\d+|\*)?(?:\.(?:\d+|\*))?[a-zA-Z])")


def format_any_value(node: exp.Expression) -> exp.Expression | None:
    """Let FORMAT know ``%t``, the value as text, and ``%T``, the value as a literal of GoogleSQL.

    The emulator's ``FORMAT('%s', x)`` is ``{}``; DuckDB's mark of thousands is an apostrophe.
    """
    pattern = node.this
    if not isinstance(pattern, exp.Literal) or not pattern.is_string:
        return None
    specifiers = [found for found in SPECIFIER.findall(pattern.this) if found != "%%"]
    if "*" in "".join(specifiers) or len(specifiers) != len(node.expressions):
        return None
    functions = {"t": "bq_any_text", "T": "bq_literal"}
    values = [
        exp.Coalesce(this=_call(functions[specifier[-1]], value), expressions=[exp.Literal.string("NULL")])
        if specifier[-1] in functions
        else value.copy()
        for specifier, value in zip(specifiers, node.expressions, strict=True)
    ]

    def specifier_of_duckdb(found: re.Match[str]) -> str:
        specifier = found[0].replace("'", ",")
        return specifier[:-1] + "s" if specifier[-1] in functions else specifier

    return _call("printf", exp.Literal.string(SPECIFIER.sub(specifier_of_duckdb, pattern.this)), *values)


def name_selected_field(node: exp.Expression) -> exp.Expression | None:
    """Let a field that is selected of an expression, ``STRUCT(1 AS a).a``, name its column."""
    if not isinstance(node.parent, exp.Select) or node.arg_key != "expressions" or not node.expression.name:
        return None
    return exp.alias_(node.copy(), node.expression.name)


def find_elements_by_computed_positions(node: exp.Expression) -> exp.Expression | None:
    """Let ``x[e]``, ``x[OFFSET(e)]`` and its siblings count from the right end; the emulator drops the word OFFSET."""
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Literal):
        return None
    name = "bq_safe_offset" if node.args.get("safe") else "bq_offset"
    return _call(name, node.this, exp.paren(node.expressions[0]) - (node.args.get("offset") or 0))


def count_seconds_down(node: exp.Expression) -> exp.Expression | None:
    """Let UNIX_SECONDS drop a fraction; the emulator's rounds it."""
    return _call("bq_unix_seconds", node.this)


def extract_group_of_computed_pattern(node: exp.Expression) -> exp.Expression | None:
    """Let REGEXP_EXTRACT return the group of a pattern that is no literal, not the whole match."""
    if node.args.get("position"):
        return None
    if isinstance(node.expression, exp.Literal | exp.RawString):
        return None
    return _call("bq_regexp_extract", node.this, node.expression)


def sound_as_bigquery(node: exp.Expression) -> exp.Expression | None:
    """Let SOUNDEX pass over vowels, and keep the first letter as it is."""
    return _call("bq_soundex", node.this)


def name_fields_of_json(node: exp.Expression) -> exp.Expression | None:
    """Let ``TO_JSON_STRING(STRUCT(x))`` say ``x``; the emulator drops the names that BigQuery takes from columns."""
    if not node.find_ancestor(exp.JSONFormat):
        return None
    if not any(isinstance(field, exp.Column) for field in node.expressions):
        return None
    struct = node.copy()
    struct.set(
        "expressions",
        [named(field, field.name) if isinstance(field, exp.Column) else field for field in struct.expressions],
    )
    return struct


def count_most_frequent(node: exp.Expression) -> exp.Expression:
    """Let APPROX_TOP_COUNT return values with their counts; DuckDB's APPROX_TOP_K has the values alone."""
    return _call("bq_top_count", node.this, node.expression)


def keep_case_of_fields(tree: exp.Expression) -> exp.Expression:
    """Let a STRUCT's fields keep the case of their names; the emulator's typing writes all names in lower case."""
    for struct in tree.find_all(exp.Struct):
        for field in struct.expressions:
            if isinstance(field, exp.PropertyEQ):
                field.this.meta["case_sensitive"] = True
    return tree


def quote_map(node: exp.Expression) -> exp.Expression | None:
    """Let an alias be named ``map``, which DuckDB reads as the type."""
    if node.name.lower() == "map" and not node.quoted:
        return exp.to_identifier(node.name, quoted=True)
    return None


REWRITES: dict[type[exp.Expression], Rewrite] = {
    exp.Trim: trim_white_space,
    exp.IntDiv: divide_whole_operands,
    exp.DateTrunc: keep_dates_truncated,
    exp.DatetimeTrunc: keep_dates_truncated,
    exp.TimestampTrunc: keep_dates_truncated,
    exp.CountIf: count_if_over_windows,
    exp.ArrayToString: join_arrays_of_nulls,
    exp.Cast: cast_as_bigquery,
    exp.TryCast: cast_as_bigquery,
    exp.String: write_instant_as_bigquery,
    exp.DateDiff: count_units_between,
    exp.DatetimeDiff: count_units_between,
    exp.TimestampDiff: count_units_between,
    exp.JSONFormat: write_json_as_bigquery,
    exp.Format: format_any_value,
    exp.Dot: name_selected_field,
    exp.Bracket: find_elements_by_computed_positions,
    exp.UnixSeconds: count_seconds_down,
    exp.RegexpExtract: extract_group_of_computed_pattern,
    exp.Soundex: sound_as_bigquery,
    exp.Struct: name_fields_of_json,
    exp.Identifier: quote_map,
    exp.ApproxTopK: count_most_frequent,
}


def rewrite_functions(sql: str) -> str:
    """Return a GoogleSQL statement with every gap of this module rewritten; as it is where it cannot be parsed."""
    try:
        tree = sqlglot.parse_one(sql, read="bigquery")
    except sqlglot.errors.SqlglotError:
        return sql
    changed = count_offsets_from_zero(tree)
    # From the leaves to the root, so that a rewritten call holds rewritten arguments.
    for node in reversed(list(tree.walk())):
        rewrite = REWRITES.get(type(node))
        if rewrite and (replacement := rewrite(node)):
            tree = replacement if node is tree else tree
            node.replace(replacement)
            changed = True
    return tree.sql(dialect="bigquery") if changed else sql


def close_function_gaps() -> None:
    """Close every gap of this module."""
    plain_register = builtin_udfs.register_builtin_udfs
    plain_translate = translator.SQLTranslator.translate
    plain_parse = sqlglot.parse_one
    plain_qualify = translator.qualify

    def register(connection: duckdb.DuckDBPyConnection) -> None:
        plain_register(connection)
        connection.create_function("bq_json_string", json_string, ["VARCHAR", "VARCHAR"], "VARCHAR")
        for macro in MACROS:
            connection.execute(f"CREATE OR REPLACE MACRO {macro}")

    def translate(self: translator.SQLTranslator, sql: str, **context: Any) -> Any:
        return plain_translate(self, rewrite_functions(read_escapes(sql)), **context)

    def parse_one(sql: str, read: str | None = None, **options: Any) -> exp.Expression:
        return plain_parse(read_escapes(sql) if read == "bigquery" else sql, read=read, **options)

    def qualify(tree: exp.Expression, **options: Any) -> exp.Expression:
        return plain_qualify(keep_case_of_fields(tree), **options)

    builtin_udfs.register_builtin_udfs = register
    translator.qualify = qualify
    translator.rewrite_decimal_literals = write_decimals_as_floats
    translator.SQLTranslator.translate = translate
    sqlglot.parse_one = parse_one
    parameters._bind_named = number_parameters
    inner_query.rewrite_unnest_offset = lambda sql: sql
    keep_nine_decimals()
