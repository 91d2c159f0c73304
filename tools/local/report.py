"""Say what a run has built: each DAG's state and duration, each layer's tables and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.privacy.person_request import everywhere_sql
from martech.warehouse.statements import short

from include.pipeline.settings import settings
from tools.local.chain import Run

# Rows of a table, and a hash over all of their values.
Print = tuple[int, int]


def warehouse_client(url: str) -> bigquery.Client:
    """Return a client of the embedded warehouse at ``url``."""
    return bigquery.Client(
        settings.project_id,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": url},
        location=settings.location,
    )


def _table(title: str, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    cells = [header, *(tuple(f"{v:,}" if isinstance(v, int) else str(v) for v in row) for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    return "\n".join(["", title, "   " + lines[0], "   " + "─" * len(lines[0]), *("   " + x for x in lines[1:])])


def runs_table(runs: Iterable[Run]) -> str:
    """Return a table of DAG runs."""
    rows = [(run.dag_id, run.state, f"{run.seconds or 0:.1f} s") for run in runs]
    return _table("DAG runs", ("DAG", "state", "duration"), rows)


def table_rows(client: bigquery.Client) -> dict[str, list[tuple[str, str, int]]]:
    """Return (table, type, rows) of everything in each layer's dataset, by layer."""
    return {
        layer: [
            (name, kind.lower(), _count(client, settings.table(layer, name), kind))
            for name, kind in _kinds(client, layer).items()
        ]
        for layer in settings.layers
    }


def _kinds(client: bigquery.Client, layer: str) -> dict[str, str]:
    """Return the type of every table of a layer by its name."""
    query = short(
        "select table_name, table_type from `{{ project }}.{{ dataset }}`.INFORMATION_SCHEMA.TABLES "
        "order by table_name",
        project=settings.project_id,
        dataset=settings.layers[layer].dataset,
    )
    return {row.table_name: row.table_type for row in client.query(query).result()}


def fingerprints(client: bigquery.Client, layers: Iterable[str] = ("silver", "gold")) -> dict[str, Print]:
    """Return the fingerprint of everything in some layers, by ``layer.table``.

    :param client: the warehouse.
    :param layers: names of layers.
    """
    prints = {}
    for layer in layers:
        for table in _kinds(client, layer):
            address = settings.table(layer, table)
            query = short(
                "select count(*) as n, coalesce(bit_xor(farm_fingerprint(to_json_string(t))), 0) as print "
                "from `{{ table }}` as t where {{ everywhere }}",
                table=address,
                everywhere=everywhere_sql(client.get_table(address)),
            )
            (row,) = client.query(query).result()
            prints[f"{layer}.{table}"] = (row.n, int(row.print))
    return prints


def _count(client: bigquery.Client, table: str, kind: str) -> int:
    if kind == "BASE TABLE":
        # Listing needs no filter on the partitions, which raw tables ask of queries.
        listed = client.list_rows(table, max_results=1)
        next(listed.pages)
        return listed.total_rows
    return next(iter(client.query(short("select count(*) as n from `{{ table }}`", table=table)).result())).n


def print_report(client: bigquery.Client, runs: Iterable[Run], say: Callable[[str], None] = print) -> None:
    """Print the DAG runs and every table with its rows."""
    say(runs_table(runs))
    for layer, tables in table_rows(client).items():
        dataset = settings.layers[layer].dataset
        say(_table(f"{layer} · {settings.project_id}.{dataset}", ("table", "type", "rows"), tables))
