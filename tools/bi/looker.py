"""A Looker project: a view and an explore for each table of gold, a dashboard for each page of metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import lkml
import yaml

from tools.bi.tables import NUMBERS, Column, Measure, Query, Table

MODEL = "marketing"
HEAD = "# Written by `make bi` from dbt's models and metrics; change them there.\n"
FORMATS = {
    "money": "decimal_2",
    "count": "decimal_0",
    "share": "percent_1",
    "ratio": "decimal_2",
    "number": "decimal_1",
}
TYPES = {"string": "string", "bool": "yesno", **dict.fromkeys(NUMBERS, "number")}
TIMEFRAMES = {"date": ["date", "week", "month", "quarter", "year"], "timestamp": ["time", "date", "week", "month"]}
# Looker adds the timeframe to the name of a group: kpi_date is that of the group kpi.
TIME_ENDING = re.compile(r"_(date|day|month|at|timestamp)$")
# Who sees personal columns has this user attribute in Looker.
PERSONAL = "personal_data"
# What an explore reads where nobody asks for other days, and the most that a user pays for unseen.
DAYS, NEEDED_DAYS = "90 days", "7 days"
COLUMNS, TILE_WIDTH, TILE_HEIGHT, CHART_HEIGHT = 24, 6, 4, 8


class Plain(yaml.SafeDumper):
    """Writes no aliases, which Looker does not read."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything where it is."""
        return True


def group_of(table: Table, name: str) -> str:
    """Return the name of the group that holds the timeframes of a date or a time.

    :param table: its table.
    :param name: the column.
    """
    short = TIME_ENDING.sub("", name)
    others = {column.name for column in table.columns if column.name != name} | {m.metric.name for m in table.measures}
    shared = [
        column for column in table.columns if column.type in TIMEFRAMES and TIME_ENDING.sub("", column.name) == short
    ]
    return name if short in others or len(shared) > 1 else short


def _described(text: str) -> dict[str, str]:
    # A quote would end LookML's text.
    return {"description": " ".join(text.replace('"', "'").split())} if text else {}


def _field(table: Table, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, **_described(column.description)}
    field["sql"] = column.sql or f"${{TABLE}}.{column.name}"
    if column.is_personal:
        field |= {"tags": ["personal"], "required_access_grants": [PERSONAL]}
    if column.type in TIMEFRAMES:
        # A day is what the warehouse calls it, in the reporting time zone.
        times = {"type": "time", "timeframes": TIMEFRAMES[column.type], "convert_tz": "no", "datatype": column.type}
        return field | times | {"name": group_of(table, column.name)}
    return field | {"type": TYPES[column.type]}


def _measure(table: Table, measure: Measure) -> dict[str, Any]:
    metric = measure.metric
    columns = {column.name for column in table.columns if column.sql is None}
    field = {
        "name": metric.name,
        "label": metric.label.replace('"', "'"),
        **_described(metric.description),
        "value_format_name": FORMATS[metric.unit],
    }
    if measure.sql is None:
        return field | {"type": "number", "sql": f"safe_divide(${{{metric.numerator}}}, ${{{metric.denominator}}})"}
    row = f"${{TABLE}}.{measure.sql}" if measure.sql in columns else measure.sql
    if not table.one_of:
        return field | {"type": "sum", "sql": row}
    # Nothing instead of a sum over values that say the same thing several times.
    is_one = " and ".join(f"min(${{TABLE}}.{name}) = max(${{TABLE}}.{name})" for name in table.one_of)
    return field | {"type": "number", "sql": f"if({is_one}, sum({row}), null)"}


def _view(table: Table) -> dict[str, Any]:
    names = {measure.metric.name for measure in table.measures}
    # A number of which a metric has the name is in the metric.
    fields = [_field(table, column) for column in table.columns if column.name not in names]
    return {
        "name": table.name,
        "sql_table_name": f"`@{{project}}.@{{gold_dataset}}.{table.name}`",
        "dimension_groups": [field for field in fields if field["type"] == "time"],
        "dimensions": [field for field in fields if field["type"] != "time"],
        "measures": [_measure(table, measure) for measure in table.measures],
    }


def _day(table: Table) -> str:
    return f"{table.name}.{group_of(table, str(table.day))}_date"


def _explore(table: Table) -> dict[str, Any]:
    explore: dict[str, Any] = {"name": table.name, "label": table.title, **_described(table.description)}
    always = {f"{table.name}.{name}": value for name, value in table.one_of.items()}
    if table.needs_days:
        always[_day(table)] = NEEDED_DAYS
    if always:
        explore["always_filter"] = {"filters__all": [[{field: value} for field, value in always.items()]]}
    if table.is_daily and not table.needs_days:
        explore["conditionally_filter"] = {"filters__all": [[{_day(table): DAYS}]]}
    return explore


def _tiles(query: Query, table: Table, row: int) -> list[dict[str, Any]]:
    """Return the tiles of a query, from a row on."""
    where = {"model": MODEL, "explore": table.name}
    listen = {"listen": {"Days": _day(table)}} if query.has_days else {}
    if table.one_of:
        listen["filters"] = {f"{table.name}.{name}": value for name, value in table.one_of.items()}
    labels = {measure.metric.name: measure.metric.label for measure in table.measures}
    tiles: list[dict[str, Any]] = []
    fields = [f"{table.name}.{name}" for name in query.metrics]
    if not query.by:
        for number, name in enumerate(query.metrics):
            place = {
                "row": row + number * TILE_WIDTH // COLUMNS * TILE_HEIGHT,
                "col": number * TILE_WIDTH % COLUMNS,
                "width": TILE_WIDTH,
                "height": TILE_HEIGHT,
            }
            value = {"name": name, "title": labels[name], "type": "single_value", "fields": [fields[number]]}
            tiles.append(value | where | listen | place)
        row += -(-len(query.metrics) * TILE_WIDTH // COLUMNS) * TILE_HEIGHT
    wide = {"col": 0, "width": COLUMNS, "height": CHART_HEIGHT}
    cuts = [f"{table.name}.{name}" for name in query.by if name not in table.one_of]
    if query.has_days:
        line = {
            "name": f"{query.name}_trend",
            "title": f"{labels[query.metrics[0]]} by day",
            "type": "looker_line",
            "fields": [_day(table), *cuts[:1], fields[0]],
            **({"pivots": cuts[:1]} if cuts else {}),
            "sorts": [_day(table)],
        }
        tiles.append(line | where | listen | wide | {"row": row})
        row += CHART_HEIGHT
    if cuts:
        grid = {"name": query.name, "title": query.name.replace("_", " ").capitalize(), "type": "looker_grid"}
        asked = {"fields": [*cuts, *fields], "sorts": [f"{fields[0]} desc"], "limit": 500}
        tiles.append(grid | asked | where | listen | wide | {"row": row})
    return tiles


def _dashboard(name: str, title: str, queries: Sequence[Query], tables: Mapping[str, Table]) -> dict[str, Any]:
    elements: list[dict[str, Any]] = []
    for query in queries:
        row = max((tile["row"] + tile["height"] for tile in elements), default=0)
        elements += _tiles(query, tables[query.table], row)
    dashboard: dict[str, Any] = {
        "dashboard": name,
        "title": title,
        "layout": "newspaper",
        "preferred_viewer": "dashboards-next",
        "elements": elements,
    }
    timed = next((query for query in queries if query.has_days), None)
    if timed:
        days = {"name": "Days", "title": "Days", "type": "field_filter", "default_value": "28 days"}
        where = {"model": MODEL, "explore": timed.table, "field": _day(tables[timed.table])}
        dashboard["filters"] = [days | where]
    return dashboard


def looker_files(  # noqa: PLR0913 - all but one are keywords
    tables: Sequence[Table],
    *,
    queries: Mapping[str, Query],
    pages: Mapping[str, Sequence[str]],
    titles: Mapping[str, str],
    project: str,
    dataset: str,
) -> dict[str, str]:
    """Return the files of a Looker project by path.

    :param tables: tables of gold.
    :param queries: saved queries by name.
    :param pages: names of the queries of each page; what is no saved query is left out.
    :param titles: title of each page.
    :param project: Google Cloud project, which the constant ``project`` may overrule.
    :param dataset: dataset of gold, which the constant ``gold_dataset`` may overrule.
    """
    by_name = {table.name: table for table in tables}
    constants = {"project": project, "gold_dataset": dataset, "connection": "bigquery"}
    model = {
        "connection": "@{connection}",
        "includes": ["/views/*.view.lkml", "/dashboards/*.dashboard.lookml"],
        "access_grants": [{"name": PERSONAL, "user_attribute": PERSONAL, "allowed_values": ["yes"]}],
        "explores": [_explore(table) for table in tables],
    }
    files = {
        "manifest.lkml": lkml.dump(
            {
                "constants": [
                    {"name": name, "value": value, "export": "override_optional"} for name, value in constants.items()
                ]
            }
        ),
        f"{MODEL}.model.lkml": lkml.dump(model),
    }
    for table in tables:
        files[f"views/{table.name}.view.lkml"] = lkml.dump({"views": [_view(table)]})
    for page, names in pages.items():
        if shown := [queries[name] for name in names if name in queries]:
            dashboard = _dashboard(page, titles[page], shown, by_name)
            files[f"dashboards/{page}.dashboard.lookml"] = yaml.dump(
                [dashboard], Dumper=Plain, sort_keys=False, width=120
            )
    return {path: HEAD + str(text) for path, text in files.items()}
