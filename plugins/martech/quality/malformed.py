"""Which rows of a raw table silver cannot use, and the SQL that finds, keeps and replays them.

Identifiers are validated, values are query parameters. Rows are told apart by the SHA-256 of their JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from google.cloud import bigquery

from martech.warehouse.ddl import require_identifier

HASH = "to_hex(sha256(to_json_string({alias})))"


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


def reason_sql(rules: RawRules, alias: str) -> str:
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
    return "case " + " ".join(f"when {condition} then '{reason}'" for condition, reason in cases) + " end"


def rule_parameters(rules: RawRules) -> list[Any]:
    """Return the parameters of :func:`reason_sql` but ``@latest_day``.

    :param rules: what a row must have.
    """
    bounds = [
        (f"{rules.name}_{column}_{kind}", value)
        for column, pair in rules.ranges.items()
        for kind, value in zip(("least", "most"), pair, strict=True)
        if value is not None
    ]
    return [bigquery.ScalarQueryParameter(name, "FLOAT64", float(value)) for name, value in bounds]


def day_parameters(first: date, last: date, today: date) -> list[Any]:
    """Return the parameters of :func:`days_sql`, and ``@latest_day``.

    :param first: first data day.
    :param last: last data day.
    :param today: the current UTC day; a day's difference to the source's clock is forgiven.
    """
    return [
        bigquery.ScalarQueryParameter("first", "DATE", first),
        bigquery.ScalarQueryParameter("after_last", "DATE", last + timedelta(days=1)),
        bigquery.ScalarQueryParameter("latest_day", "DATE", today + timedelta(days=1)),
    ]


def days_sql(rules: RawRules, alias: str) -> str:
    """Return the condition that reads the partitions of a span of days, those of no day, and those of the future.

    :param rules: names the partition column.
    :param alias: what the query calls the row.
    """
    field = f"{alias}.{rules.partition_field}"
    kind = rules.columns[rules.partition_field].lower()
    return (
        f"(({field} >= cast(@first as {kind}) and {field} < cast(@after_last as {kind})) "
        f"or {field} > cast(@latest_day as {kind}) or {field} is null)"
    )


def count_sql(project_id: str, rules: RawRules) -> str:
    """Return the query that counts the malformed rows of a table."""
    return (
        f"select '{rules.name}' as name, count(*) as malformed from `{project_id}.{rules.label}` as raw "  # noqa: S608
        f"where {days_sql(rules, 'raw')} and {reason_sql(rules, 'raw')} is not null"
    )


def copy_sql(project_id: str, rules: RawRules, quarantine: str) -> str:
    """Return the statement that keeps the malformed rows aside; run again it changes nothing."""
    return f"""
        merge `{quarantine}` as kept
        using (
            select
                to_hex(sha256(judged.row_json)) as row_hash,
                judged.row_json,
                judged.reason,
                judged.day,
                count(*) as copies
            from (
                select
                    to_json_string(raw) as row_json,
                    {reason_sql(rules, "raw")} as reason,
                    cast(raw.{rules.partition_field} as date) as day
                from `{project_id}.{rules.label}` as raw
                where {days_sql(rules, "raw")}
            ) as judged
            where judged.reason is not null
            group by row_hash, row_json, reason, day
        ) as found
        on kept.table_name = @table_name and kept.row_hash = found.row_hash
        when matched then update set
            copies = if(kept.status = 'quarantined', greatest(kept.copies, found.copies), found.copies),
            status = 'quarantined'
        when not matched then
            insert (
                table_name, row_hash, row_json, copies, reason, partition_day, status, quarantined_at,
                quarantined_run_id
            )
            values (
                @table_name, found.row_hash, found.row_json, found.copies, found.reason, found.day, 'quarantined',
                @now, @run_id
            )
    """  # noqa: S608 - identifiers are validated


def delete_sql(project_id: str, rules: RawRules, quarantine: str) -> str:
    """Return the statement that takes malformed rows out of the table: those that are kept aside, no other."""
    return f"""
        delete from `{project_id}.{rules.label}` as raw
        where
            {days_sql(rules, "raw")}
            and {reason_sql(rules, "raw")} is not null
            and {HASH.format(alias="raw")} in (
                select kept.row_hash from `{quarantine}` as kept
                where kept.table_name = @table_name and kept.status = 'quarantined'
            )
    """  # noqa: S608 - identifiers are validated


def _typed(column: str, data_type: str) -> str:
    if data_type == "JSON":
        text = f"nullif(json_query(kept.row_json, '$.{column}'), 'null')"
        return f"safe.parse_json({text}, wide_number_mode => 'round')"
    return f"safe_cast(json_value(kept.row_json, '$.{column}') as {data_type})"


def _parsed(rules: RawRules, quarantine: str) -> str:
    """Return the query that gives quarantined rows their columns back, and what is (still) wrong with them."""
    columns = ", ".join(f"{_typed(column, data_type)} as {column}" for column, data_type in rules.columns.items())
    # A value that does not fit its type must not become a null in silence.
    misfits = " or ".join(
        f"(json_value(parsed.row_json, '$.{column}') is not null and parsed.raw.{column} is null)"
        for column, data_type in rules.columns.items()
        if data_type != "JSON"
    )
    return f"""
        select
            parsed.row_hash,
            parsed.copies,
            parsed.raw,
            if({misfits}, 'a value does not fit its type', {reason_sql(rules, "parsed.raw")}) as reason
        from (
            select
                kept.row_hash,
                kept.row_json,
                kept.copies,
                struct({columns}) as raw
            from `{quarantine}` as kept
            where kept.table_name = @table_name and kept.status = 'quarantined'
        ) as parsed
    """  # noqa: S608 - identifiers are validated


def curable_sql(rules: RawRules, quarantine: str) -> str:
    """Return the query for the hashes and days of quarantined rows, with what is still wrong with each."""
    return f"""
        select
            judged.row_hash,
            cast(judged.raw.{rules.partition_field} as date) as day,
            judged.reason,
        from ({_parsed(rules, quarantine)}) as judged
        order by judged.row_hash
    """  # noqa: S608 - identifiers are validated


def return_sql(project_id: str, rules: RawRules, quarantine: str) -> str:
    """Return the statement that puts ``@hashes`` back into the table, but rows that are there already."""
    columns = list(rules.columns)
    return f"""
        insert into `{project_id}.{rules.label}` ({", ".join(columns)})
        select {", ".join(f"judged.raw.{column}" for column in columns)}
        from ({_parsed(rules, quarantine)}) as judged
        cross join unnest(generate_array(1, judged.copies)) as copy_number
        where
            judged.row_hash in unnest(@hashes)
            and {HASH.format(alias="judged.raw")} not in (
                select {HASH.format(alias="landed")} from `{project_id}.{rules.label}` as landed
                where {days_sql(rules, "landed")}
            )
    """  # noqa: S608 - identifiers are validated


def mark_sql(quarantine: str) -> str:
    """Return the statement that marks ``@hashes`` as replayed."""
    return f"""
        update `{quarantine}` set status = 'replayed', replayed_at = @now, replayed_run_id = @run_id
        where table_name = @table_name and row_hash in unnest(@hashes) and status = 'quarantined'
    """  # noqa: S608 - identifiers are validated
