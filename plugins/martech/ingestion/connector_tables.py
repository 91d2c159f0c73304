"""Which tables the connections of a source have for what its landing reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from martech.ingestion.landed_table import SYNCED, InputTable, LandingError, SourceLanding
from martech.ingestion.landing_columns import convert, find_column, normalized
from martech.warehouse.statements import Sql, require_identifier

# What stands for the time of the sync where a connector writes none: Salesforce's time of the last change, the end of
# the day that Google Ads reports on.
SYNC_TIMES = {"salesforce_transfer": (SYNCED, "SystemModstamp"), "google_ads_transfer": (SYNCED, "_DATA_DATE")}
# Connectors that keep a table per account, whose id of ten digits ends its name: ads_Campaign_1234567890.
ACCOUNT_TABLES = {"google_ads_transfer"}
ACCOUNT = re.compile(r"_\d{10}$")
SHARD = re.compile(r"(.*?)(\d{8})")

# Types by column, by table, by dataset: what INFORMATION_SCHEMA.COLUMNS says.
Catalog = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Relation:
    """A table of one connection."""

    dataset: str
    table: str
    columns: Mapping[str, str]
    day: date | None = None


@dataclass
class Findings:
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def origins(project_id: str, landing: SourceLanding, relations: Iterable[Relation]) -> tuple[tuple[str, Sql], ...]:
    """Return the tables whose rows a bronze table has, with the SQL of their time of the sync."""
    found = [(relation, find_column(sync_times(landing), relation.columns)) for relation in relations]
    return tuple(
        (address(project_id, relation).strip("`"), Sql(convert(synced, "TIMESTAMP")))
        for relation, synced in found
        if synced is not None
    )


def sync_times(landing: SourceLanding) -> tuple[str, ...]:
    return SYNC_TIMES.get(landing.connector, (SYNCED,))


def address(project_id: str, relation: Relation) -> str:
    dataset, table = require_identifier("dataset", relation.dataset), require_identifier("table", relation.table)
    return f"`{project_id}.{dataset}.{table}`"


def tables_of(source: InputTable, landing: SourceLanding, catalog: Catalog, span: tuple[date, date]) -> list[Relation]:
    """Return what a connector's table is called in each connection."""
    found = []
    for dataset in landing.datasets:
        tables = catalog.get(dataset, {})
        sharded = _sharded(source, dataset, tables, span)
        if sharded:
            found += sharded
            continue
        if landing.connector in ACCOUNT_TABLES:
            names = _account_tables(source, tables)
        else:
            names = _one_table(source, dataset, tables)
        found += [Relation(dataset, name, tables[name]) for name in names]
        if not names and not source.optional and not source.shards:
            raise LandingError(
                f"Dataset {dataset} has no table {' or '.join(source.names)}, which {landing.connector} delivers. "
                "Select the table in the connector and sync it; where it has another name, add that to "
                f"`table` in {landing.declared_in}. Then clear this task."
            )
    return found


def _account_tables(source: InputTable, tables: Iterable[str]) -> list[str]:
    """Return the tables of all accounts; several may be transferred to one dataset."""
    wanted = {normalized(name) for name in source.names}
    return sorted(name for name in tables if ACCOUNT.search(name) and normalized(ACCOUNT.sub("", name)) in wanted)


def _one_table(source: InputTable, dataset: str, tables: Iterable[str]) -> list[str]:
    for wanted in source.names:
        same = [name for name in tables if normalized(name) == normalized(wanted)]
        if len(same) > 1:
            raise LandingError(
                f"Dataset {dataset} has the tables {' and '.join(sorted(same))}, which are one table of a connector: "
                "two connections write to it. Give each connection a dataset of its own."
            )
        if same:
            return same
    return []


def _sharded(
    source: InputTable, dataset: str, tables: Mapping[str, Mapping[str, str]], span: tuple[date, date]
) -> list[Relation]:
    """Return the table of each day of a span."""
    shards: dict[str, dict[str, str]] = {}
    for name in tables:
        match = SHARD.fullmatch(name)
        if match and match[1] in source.shards:
            shards.setdefault(match[2], {})[match[1]] = name
    relations = []
    for suffix, by_prefix in sorted(shards.items()):
        day = date(int(suffix[:4]), int(suffix[4:6]), int(suffix[6:]))
        if span[0] <= day <= span[1]:
            name = next(by_prefix[prefix] for prefix in source.shards if prefix in by_prefix)
            relations.append(Relation(dataset, name, tables[name], day))
    return relations


def days_that_can_land(
    inputs: Mapping[InputTable, Sequence[Relation]],
    landing: SourceLanding,
    wanted: Sequence[date],
    window: Sequence[date],
    findings: Findings,
) -> list[date]:
    """Return the days whose tables all connections have; what is missing of the window is a problem."""
    days = set(wanted)
    for source, relations in inputs.items():
        if not source.shards or source.optional:
            continue
        for dataset in landing.datasets:
            own = [relation for relation in relations if relation.dataset == dataset]
            if own and own[0].day is None:
                continue  # not an export by day: the connector's one table has all days
            missing = set(wanted) - {relation.day for relation in own if relation.day}
            days -= missing
            for day in sorted(missing & set(window)):
                findings.problems.append(
                    f"Dataset {dataset} has no table {source.shards[0]}{day:%Y%m%d}: the export of {day} has not come. "
                    "Check the BigQuery link of the Analytics property (its daily export, and its limit of events), "
                    "then clear this task; rows of other days have landed."
                )
    return sorted(days)
