"""Parting a contested component takes few rounds, whatever its shape: what 20 leave apart, 1,000 leave apart."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations, pairwise

import pytest
from google.cloud import bigquery

from include.pipeline.settings import DBT_DIR, settings
from tests.dbt.dbt_warehouse import LAST_DAY, DbtWarehouse
from tests.dbt.identity_records import SCHEMA, record
from tests.dbt.test_identity import replace

ROUNDS = settings.variables["identity_max_parting_rounds"]
LINK = settings.variables["identity_link_bits"]
STRONGEST = 40
EDGES = [
    *(bigquery.SchemaField(name, "STRING") for name in ("node_a", "node_b", "match_rule", "evidence")),
    *(bigquery.SchemaField(name, "INT64") for name in ("match_bits", "against_bits")),
    bigquery.SchemaField("match_probability", "FLOAT64"),
    bigquery.SchemaField("is_link", "BOOL"),
]
Edge = tuple[int | str, int | str, int]
# More speaks against it than for any link.
CONFLICT = -STRONGEST


def star(hub: str, leaves: Iterable[int], bits: Callable[[int], int]) -> list[Edge]:
    """Return a hub, such as a login, and the records that carry it."""
    return [(leaf, hub, bits(leaf)) for leaf in leaves]


def chain(length: int, bits: Callable[[int], int]) -> list[Edge]:
    """Return records of which each is linked to the next."""
    return [(*pair, bits(pair[0])) for pair in pairwise(range(length))]


def rising(number: int) -> int:
    """Return the bits of a link that gets stronger along a thousand."""
    return LINK + number * (STRONGEST - LINK + 1) // 1000


def mixed(number: int) -> int:
    """Return one of all bits that a link can have."""
    return LINK + number % (STRONGEST - LINK + 1)


# Each with a conflict, which makes it contested, and the number of customers that it falls into.
SHAPES: dict[str, tuple[list[Edge], int | None]] = {
    "star": ([*star("#hub", range(1000), lambda _: 8), (0, 1, CONFLICT)], 2),
    "star of all strengths": ([*star("#hub", range(1000), mixed), (0, 1, CONFLICT)], 2),
    "chain": ([*chain(1000, lambda _: 20), (0, 999, CONFLICT)], 2),
    "rising chain": ([*chain(1000, rising), (0, 999, CONFLICT)], 2),
    "chain of all strengths": ([*chain(1000, mixed), (0, 999, CONFLICT)], 2),
    "clique": ([*((a, b, 20) for a, b in combinations(range(100), 2) if (a, b) != (0, 1)), (0, 1, CONFLICT)], 2),
    "two stars joined": (
        [
            *star("#left", range(400), mixed),
            *star("#right", range(400, 800), mixed),
            (0, 400, 12),
            (1, 401, CONFLICT),
        ],
        2,
    ),
    # Little speaks against each pair, and not enough to part any.
    "star of which all disagree a little": (
        [*star("#hub", range(60), lambda _: 40), *((a, b, -4) for a, b in combinations(range(60), 2))],
        1,
    ),
    # Which of them stay is a matter of order; that it is soon known is not.
    "star of which each rules out the next": (
        [*star("#hub", range(300), lambda _: 20), *((a, b, CONFLICT) for a, b in pairwise(range(300)))],
        None,
    ),
}  # fmt: skip


def put_shapes(warehouse: DbtWarehouse) -> None:
    """Replace the records and edges by those of all shapes."""
    edges, keys = [], set()
    for number, (shape, _) in enumerate(SHAPES.values()):

        def name(node: int | str, number: int = number) -> str:
            return f"{node}{number}" if isinstance(node, str) else f"csv:person:{number}x{node:04}"

        for one, other, bits in shape:
            node_a, node_b = sorted((name(one), name(other)))
            keys |= {key for key in (node_a, node_b) if not key.startswith("#")}
            edges.append(
                {
                    "node_a": node_a,
                    "node_b": node_b,
                    "match_rule": "similar_person",
                    "match_bits": bits,
                    "against_bits": min(bits, 0),
                    "match_probability": 0.5,
                    "is_link": bits >= LINK,
                }
            )
    replace(warehouse, warehouse.table("intermediate.int_identity__edges"), edges, EDGES)
    records = [record(key) for key in sorted(keys)]
    replace(warehouse, warehouse.table("intermediate.int_identity__records"), records, SCHEMA)


def parted(warehouse: DbtWarehouse, rounds: int) -> dict[int, set[frozenset[str]]]:
    """Return the groups of records of each shape, found in so many rounds at most."""
    warehouse.dbt(
        *("run", "--select", "int_identity__clusters", "--full-refresh"),
        *("--vars", json.dumps({"identity_max_parting_rounds": rounds})),
        start=LAST_DAY,
        end=LAST_DAY,
    )
    groups = defaultdict(set)
    for row in warehouse.rows("int_identity__clusters"):
        if not row["node"].startswith("#"):
            groups[row["cluster_id"]].add(row["node"])
    found = defaultdict(set)
    for group in groups.values():
        found[int(min(group).split(":")[2].split("x")[0])].add(frozenset(group))
    return found


@pytest.fixture(scope="module")
def shapes(dbt_warehouse: Callable[[str], DbtWarehouse]) -> DbtWarehouse:
    """A warehouse with the edges of all shapes."""
    warehouse = dbt_warehouse("identity-parting")
    put_shapes(warehouse)
    return warehouse


@pytest.fixture(scope="module")
def bounded(shapes: DbtWarehouse) -> dict[int, set[frozenset[str]]]:
    """The groups that the rounds as shipped find."""
    return parted(shapes, ROUNDS)


def test_at_most_twenty_rounds() -> None:
    assert ROUNDS <= 20


def test_more_rounds_would_join_nothing_else(shapes: DbtWarehouse, bounded: dict[int, set[frozenset[str]]]) -> None:
    unbounded = parted(shapes, 1000)
    assert [name for number, name in enumerate(SHAPES) if bounded[number] != unbounded[number]] == []


def test_fewer_rounds_would_not_do(shapes: DbtWarehouse, bounded: dict[int, set[frozenset[str]]]) -> None:
    assert parted(shapes, 1) != bounded


@pytest.mark.parametrize(("number", "customers"), enumerate(count for _, count in SHAPES.values()), ids=SHAPES)
def test_only_who_is_in_conflict_is_parted(
    bounded: dict[int, set[frozenset[str]]], number: int, customers: int | None
) -> None:
    if customers is None:
        assert len(bounded[number]) > 1
    else:
        assert len(bounded[number]) == customers


def overwrites(name: str, text: str) -> int:
    """Return how often a macro's text writes a work table."""
    return text.count(f"create or replace table {{{{ identity_work_table('{name}') }}}}")


@pytest.mark.parametrize("table", ["labels", "links", "parents", "jumped", "sizes"])
def test_three_builds_a_day_overwrite_no_work_table_too_often(table: str) -> None:
    # BigQuery: 1,500 modifications of a table per day (cloud.google.com/bigquery/quotas, "Standard tables").
    limit, builds, nodes = 1500, 3, 100_000_000
    folder = DBT_DIR / "macros" / "identity_clusters"
    before, outer, inner, after = re.split(
        r"(?m)^ *loop$|^    end loop;$", (folder / "identity_components.sql").read_text()
    )
    # Components at least halve in each round, and pointers of so many are flattened in their logarithm.
    rounds = math.ceil(math.log2(nodes))
    jumps = sum(range(1, rounds + 2))
    found = overwrites(table, before) + rounds * overwrites(table, outer + after) + jumps * overwrites(table, inner)
    once, each_round = (folder / "identity_part_contested.sql").read_text().split("\nfor round in")
    found += overwrites(table, once) + ROUNDS * overwrites(table, each_round)
    assert 0 < builds * found <= limit
