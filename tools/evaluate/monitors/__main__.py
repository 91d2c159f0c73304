"""``python -m tools.evaluate.monitors --seed 101``: false alarms and found faults of the monitor of all columns.

Lands a sample of raw rows in an embedded warehouse, compares each of 60 days with the days before, and then lets each
fault of ``faults.yml`` begin on a day drawn by the seed and last for three days, since a broken source stays broken.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import yaml
from google.cloud import bigquery
from martech.quality.column_operators import LIMITS, compare
from martech.quality.column_profiles import Profiles, column_profile_sql, read_column_profiles
from martech.quality.tables import QualityTable
from martech.warehouse.statements import run

from include.pipeline.settings import settings
from include.privacy.declared_personal_data import personal_columns
from include.quality.declared_checks import quality_tables
from include.quality.declared_volume import load_volume_rules
from tools.bench.commands import create_tables, warehouse
from tools.local.report import warehouse_client
from tools.sample_sources.generate import generate
from tools.sample_sources.loader import load
from tools.sample_sources.recipe import Recipe

FAULTS = Path(__file__).with_name("faults.yml")
FAULTY = "faulty"
END = date(2026, 12, 1)
DAYS = 60
FAULT_DAYS = 3


def profiles_of(client: bigquery.Client, table: QualityTable, first: date, last: date) -> Profiles:
    """Return what a table's columns look like on each day.

    :param client: client of the warehouse.
    :param table: the table.
    :param first: first day.
    :param last: last day.
    """
    personal = personal_columns()[f"{settings.project_id}.{settings.layers['bronze'].dataset}.{table.name}"]
    sql = column_profile_sql(settings.project_id, table, personal)
    values = {"first": first, "last": last, "after_last": last + timedelta(days=1)}
    return read_column_profiles(run(client, sql, values))


def false_alarms(profiles: Mapping[str, Profiles], days: Sequence[date]) -> list[str]:
    """Return what the monitor says of days on which nothing is wrong.

    :param profiles: profiles by table.
    :param days: the days.
    """
    calendar = load_volume_rules()
    return [
        result.message
        for table in quality_tables("bronze")
        for day in days
        for result in compare(table, day, profiles[table.name], calendar)
        if result.is_failed
    ]


def days_until_found(
    client: bigquery.Client, profiles: Mapping[str, Profiles], days: Sequence[date], seed: int
) -> dict[str, int | None]:
    """Return for each fault the day (from 1) on which the monitor names its column; None where it does not.

    :param client: client of the warehouse.
    :param profiles: profiles by table of days on which nothing is wrong.
    :param days: days on which a fault may begin.
    :param seed: draws a day for each.
    """
    calendar, random = load_volume_rules(), Random(seed)  # noqa: S311 - not for secrets
    lasting = [[day + timedelta(days=ahead) for ahead in range(FAULT_DAYS)] for day in days[: -FAULT_DAYS + 1]]
    ordinary = [span for span in lasting if not any(calendar.occasion(day) for day in span)]
    tables = {table.name: table for table in quality_tables("bronze")}
    client.query(f"create schema if not exists `{settings.project_id}.{FAULTY}`").result()
    found: dict[str, int | None] = {}
    for name, faults in yaml.safe_load(FAULTS.read_text()).items():
        for column, expression in faults.items():
            span = random.choice(ordinary)
            faulty = profiles_of(client, _with_fault(client, tables[name], column, expression, span), span[0], span[-1])
            history = {known: {**by_day, **faulty.get(known, {})} for known, by_day in profiles[name].items()}
            named = [
                number
                for number, day in enumerate(span, 1)
                for result in compare(tables[name], day, history, calendar)
                if result.is_failed and result.column == column
            ]
            rows = "+".join(str(history[column][day].rows) if day in history[column] else "0" for day in span)
            found[f"{name}.{column} = {expression} from {span[0]} ({rows} rows)"] = min(named, default=None)
    return found


def _with_fault(
    client: bigquery.Client, table: QualityTable, column: str, expression: str, span: Sequence[date]
) -> QualityTable:
    """Return the table as it would be if a column had gone wrong on some days: a copy of these alone."""
    client.query(
        f"create or replace table `{settings.project_id}.{FAULTY}.{table.name}` as "  # noqa: S608 - names are ours
        f"select * replace ({expression} as {column}) from `{settings.project_id}.{table.label}` "
        f"where date({table.partition_field}) between '{span[0]}' and '{span[-1]}'"
    ).result()
    return QualityTable(
        layer=table.layer,
        dataset_id=FAULTY,
        name=table.name,
        columns=table.columns,
        partition_field=table.partition_field,
        expect=table.expect,
    )


def measure(client: bigquery.Client, seed: int) -> None:
    """Print false alarms and missed faults of what has landed.

    :param client: client of the warehouse.
    :param seed: draws the days of faults.
    """
    days = [END - timedelta(days=ago) for ago in reversed(range(DAYS))]
    first = days[0] - timedelta(days=LIMITS.days)
    profiles = {table.name: profiles_of(client, table, first, END) for table in quality_tables("bronze")}
    alarms = false_alarms(profiles, days)
    print(f"{len(alarms)} false alarms in {DAYS} days: {len(alarms) / DAYS * 7:.2f} a week")
    for message, _ in Counter(alarms).most_common():
        print(f"  {message}")
    found = days_until_found(client, profiles, days, seed)
    counts = Counter(found.values())
    on_days = ", ".join(f"{counts[day]} on day {day}" for day in range(1, FAULT_DAYS + 1))
    print(f"{len(found) - counts[None]} of {len(found)} faults found: {on_days}")
    for fault, day in found.items():
        if day != 1:
            print(f"  {fault}: {f'day {day}' if day else 'not found'}")


def main() -> int:
    """Generate, land and measure; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.evaluate.monitors", description=__doc__)
    parser.add_argument("--seed", type=int, default=101, help="seed of the sample and of the faults' days")
    parser.add_argument("--customers", type=int, default=800, help="size of the sample (default: 800)")
    arguments = parser.parse_args()
    start = END - timedelta(days=DAYS + LIMITS.days + 2)
    with tempfile.TemporaryDirectory() as folder, warehouse() as url:
        generate(Recipe(arguments.customers, start, END, seed=arguments.seed), Path(folder))
        create_tables(url)
        load(Path(folder))
        measure(warehouse_client(url), arguments.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
