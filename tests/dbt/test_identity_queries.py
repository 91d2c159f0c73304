"""What a steward asks of the identity models: every such query of the docs, on the built sample."""

from __future__ import annotations

import pytest

from tests.dbt.dbt_warehouse import DbtWarehouse
from tests.documented_queries import documented_queries

QUERIES = {str(query.id): str(query.values[0]) for query in documented_queries(on_models=True)}


@pytest.mark.parametrize("name", QUERIES)
def test_query_runs(sample_warehouse: DbtWarehouse, name: str) -> None:
    assert sample_warehouse.query(QUERIES[name]) is not None


def test_why_shows_all_that_ties_the_records_of_a_customer_the_weakest_first(sample_warehouse: DbtWarehouse) -> None:
    (customer,) = sample_warehouse.query(
        """select customer_id, array_agg(identity_key) as records from staging.identity_map
        group by customer_id having count(*) between 3 and 9 order by count(*) desc, customer_id limit 1"""
    )
    edges = sample_warehouse.query(QUERIES["decide_identity 1"].replace("c…", customer["customer_id"]))
    nodes = {edge[end] for edge in edges for end in ("node_a", "node_b")}
    assert set(customer["records"]) <= nodes
    assert {node for node in nodes if not node.startswith("#")} == set(customer["records"])
    bits = [edge["match_bits"] for edge in edges]
    assert bits == sorted(bits)
    compared = [edge for edge in edges if edge["match_rule"] == "similar_person"]
    assert all(edge["bits_by_comparison"] for edge in compared)


def test_uncertain_pairs_come_with_the_revenue_that_they_move(sample_warehouse: DbtWarehouse) -> None:
    pairs = sample_warehouse.query(QUERIES["decide_identity 3"])
    assert pairs
    assert [pair["revenue"] for pair in pairs] == sorted((pair["revenue"] for pair in pairs), reverse=True)
    assert {pair["match_bits"] for pair in pairs} <= set(range(10))
