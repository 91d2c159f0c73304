"""Which rows of a raw table silver cannot use, and the SQL that finds, keeps and replays them.

Identifiers are validated, values are query parameters. Rows are known by the SHA-256 of their JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from martech.warehouse.statements import Sql, require_identifier, statement


@dataclass(frozen=True)
class RawRules:
    """What a row of a raw table must have.

    :param dataset_id: dataset of the table.
    :param name: table id.
    :param columns: declared types by column name, in the table's order.
    :param required: columns that must have a value; text must not be blank.
    :param partition_field: DATE or TIMESTAMP column whose day is the partition; it must not be in the future.
    :param ranges: least and largest value of a column, None for no bound.
    """

    dataset_id: str
    name: str
    columns: Mapping[str, str]
    required: tuple[str, ...]
    partition_field: str
    ranges: Mapping[str, tuple[float | None, float | None]]

    def __post_init__(self) -> None:
        for name in (self.dataset_id, self.name, *self.columns):
            require_identifier("table or column", name)

    @property
    def label(self) -> str:
        """How messages and the quarantine call the table: ``dataset.table``."""
        return f"{self.dataset_id}.{self.name}"


def reason_sql(rules: RawRules, alias: str) -> Sql:
    """Return the expression that says what is wrong with a row; null for a good one.

    :param rules: what a row must have.
    :param alias: what the query calls the row.
    """
    cases = []
    for column in rules.required:
        value = f"{alias}.{column}"
        blank = f" or trim({value}) = ''" if rules.columns[column] == "STRING" else ""
        cases.append((f"{value} is null{blank}", f"{column} is missing"))
    day = f"cast({alias}.{rules.partition_field} as date)"
    cases.append((f"{day} > @latest_day", f"{rules.partition_field} is in the future"))
    for column, (least, most) in rules.ranges.items():
        value = f"cast({alias}.{column} as float64)"
        if least is not None:
            cases.append((f"{value} < @{rules.name}_{column}_least", f"{column} is below {least:,}"))
        if most is not None:
            cases.append((f"{value} > @{rules.name}_{column}_most", f"{column} is above {most:,}"))
    return Sql("case " + " ".join(f"when {condition} then '{reason}'" for condition, reason in cases) + " end")


def rule_values(rules: RawRules) -> dict[str, Any]:
    """Return the values of the parameters of :func:`reason_sql` but ``@latest_day``.

    :param rules: what a row must have.
    """
    return {
        f"{rules.name}_{column}_{kind}": float(value)
        for column, pair in rules.ranges.items()
        for kind, value in zip(("least", "most"), pair, strict=True)
        if value is not None
    }


def day_values(first: date, last: date, today: date) -> dict[str, Any]:
    """Return the values of the parameters of :func:`days_sql`, and ``@latest_day``.

    :param first: first data day.
    :param last: last data day.
    :param today: the current UTC day; a day's difference to the source's clock is forgiven.
    """
    return {"first": first, "after_last": last + timedelta(days=1), "latest_day": today + timedelta(days=1)}


def days_sql(rules: RawRules, alias: str) -> Sql:
    """Return the condition that reads the partitions of a span of days, those of no day, and those of the future.

    :param rules: names the partition column.
    :param alias: what the query calls the row.
    """
    field = f"{alias}.{rules.partition_field}"
    kind = rules.columns[rules.partition_field].lower()
    return Sql(
        f"(({field} >= cast(@first as {kind}) and {field} < cast(@after_last as {kind})) "
        f"or {field} > cast(@latest_day as {kind}) or {field} is null)"
    )


def _names(project_id: str, rules: RawRules) -> dict[str, Any]:
    return {
        "table": f"{project_id}.{rules.label}",
        "reason": reason_sql(rules, "raw"),
        "days": days_sql(rules, "raw"),
    }


def count_sql(project_id: str, rules: RawRules) -> Sql:
    """Return the query that counts the malformed rows of a table."""
    return statement("quality/sql/count_malformed.sql", name=rules.name, **_names(project_id, rules))


def copy_sql(project_id: str, rules: RawRules, quarantine: str) -> Sql:
    """Return the statement that keeps the malformed rows aside; run again it changes nothing."""
    return statement(
        "quality/sql/copy_malformed.sql",
        quarantine=quarantine,
        partition_field=rules.partition_field,
        **_names(project_id, rules),
    )


def delete_sql(project_id: str, rules: RawRules, quarantine: str) -> Sql:
    """Return the statement that takes malformed rows out of the table: those that are kept aside, no other."""
    return statement("quality/sql/delete_malformed.sql", quarantine=quarantine, **_names(project_id, rules))


def _typed(column: str, data_type: str) -> str:
    if data_type == "JSON":
        text = f"nullif(json_query(kept.row_json, '$.{column}'), 'null')"
        return f"safe.parse_json({text}, wide_number_mode => 'round')"
    return f"safe_cast(json_value(kept.row_json, '$.{column}') as {data_type})"


def _parsed(rules: RawRules, quarantine: str) -> dict[str, Any]:
    """Return what gives quarantined rows their columns back, and says what is (still) wrong with them."""
    columns = ", ".join(f"{_typed(column, data_type)} as {column}" for column, data_type in rules.columns.items())
    # A value that does not fit its type must not become a null in silence.
    misfits = " or ".join(
        f"(json_value(parsed.row_json, '$.{column}') is not null and parsed.raw.{column} is null)"
        for column, data_type in rules.columns.items()
        if data_type != "JSON"
    )
    return {
        "quarantine": quarantine,
        "parsed_columns": Sql(columns),
        "misfits": Sql(misfits),
        "reason": reason_sql(rules, "parsed.raw"),
    }


def parse_sql(rules: RawRules, quarantine: str) -> Sql:
    """Return the query for the hashes and days of quarantined rows, with what is still wrong with each."""
    return statement(
        "quality/sql/parse_quarantined.sql", partition_field=rules.partition_field, **_parsed(rules, quarantine)
    )


def return_sql(project_id: str, rules: RawRules, quarantine: str) -> Sql:
    """Return the statement that puts ``@hashes`` back into the table, but rows that are there already."""
    return statement(
        "quality/sql/return_quarantined.sql",
        table=f"{project_id}.{rules.label}",
        columns=Sql(", ".join(rules.columns)),
        returned_columns=Sql(", ".join(f"parsed.raw.{column}" for column in rules.columns)),
        partition_field=rules.partition_field,
        landed_days=days_sql(rules, "landed"),
        **_parsed(rules, quarantine),
    )


def mark_sql(quarantine: str) -> Sql:
    """Return the statement that marks ``@hashes`` as replayed."""
    return statement("quality/sql/mark_replayed.sql", quarantine=quarantine)
