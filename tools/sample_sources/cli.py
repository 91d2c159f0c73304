"""The command line: ``generate`` writes files, ``load`` lands them in bronze, ``sync`` fills connectors' datasets."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from pathlib import Path

from tools.sample_sources.generate import generate
from tools.sample_sources.loader import LoadError, load
from tools.sample_sources.mess import DIFFICULTY
from tools.sample_sources.recipe import GenerateError, Recipe
from tools.sample_sources.sync import sync


def _generate(arguments: argparse.Namespace) -> int:
    recipe = Recipe(arguments.customers, arguments.start, arguments.end, arguments.seed, arguments.difficulty)
    began = told = time.monotonic()

    def progress(persons: int, rows: int) -> None:
        nonlocal told
        if time.monotonic() - told >= 5:
            told = time.monotonic()
            print(
                f"  {persons:,} of {recipe.customers:,} customers, {rows:,} rows, {rows / (told - began):,.0f} rows/s",
                flush=True,
            )

    rows = generate(recipe, arguments.out, progress)
    for table, count in rows.items():
        print(f"  {table:32} {count:>12,}")
    print(f"Wrote {sum(rows.values()):,} rows to {arguments.out} in {time.monotonic() - began:.1f} s.")
    return 0


def _load(arguments: argparse.Namespace) -> int:
    tables = arguments.tables.split(",") if arguments.tables else None
    summary = load(arguments.directory, tables, arguments.start, arguments.end, arguments.project)
    print(f"Landed {summary.rows:,} rows in {summary.files} files, {summary.seconds:.1f} s.")
    for warning in summary.warnings:
        print(f"! {warning}")
    return 1 if summary.failed else 0


def _sync(arguments: argparse.Namespace) -> int:
    summary = sync(arguments.directory, arguments.start, arguments.end, arguments.project)
    print(f"Synced {summary.rows:,} rows of {summary.files} files, {summary.seconds:.1f} s.")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.sample_sources", description="Sample data of the seven sources."
    )
    commands = parser.add_subparsers(required=True)
    make = commands.add_parser("generate", help="write raw data as newline-delimited JSON")
    make.add_argument("--customers", type=int, default=1000, help="known persons, 1 to 1,000,000 (default: 1000)")
    make.add_argument("--start", type=date.fromisoformat, required=True, help="first day of landing, YYYY-MM-DD")
    make.add_argument("--end", type=date.fromisoformat, required=True, help="last day of landing, YYYY-MM-DD")
    make.add_argument("--seed", type=int, default=7, help="same seed, same bytes (default: 7)")
    make.add_argument("--difficulty", choices=list(DIFFICULTY), default="normal", help="how spoilt the records are")
    make.add_argument("--out", type=Path, required=True, help="directory to write")
    make.set_defaults(function=_generate)
    load_parser = commands.add_parser("load", help="land the files in the bronze dataset, again and again if need be")
    load_parser.add_argument("--tables", help="comma-separated bronze tables (default: all)")
    load_parser.set_defaults(function=_load)
    sync_parser = commands.add_parser("sync", help="fill the connectors' datasets, as the connectors would")
    sync_parser.set_defaults(function=_sync)
    for put in (load_parser, sync_parser):
        put.add_argument("--from", dest="directory", type=Path, required=True, help="directory that `generate` wrote")
        put.add_argument("--start", type=date.fromisoformat, help="first day to load (default: all)")
        put.add_argument("--end", type=date.fromisoformat, help="last day to load (default: all)")
        put.add_argument("--project", help="Google Cloud project (default: MARKETING_PROJECT_ID)")
    arguments = parser.parse_args(argv)
    try:
        return arguments.function(arguments)
    except (GenerateError, LoadError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 2
