"""Exact pairwise and B³ scores of a clustering, counted in the warehouse.

Pairs are never enumerated: the contingency table (cluster × person × source → records) holds all that the
scores need, so a hundred million pairs cost no more than the records they are made of.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from martech.warehouse.statements import Sql, short

from tools.evaluate.identity.warehouse import EvaluationError, Warehouse


@dataclass(frozen=True)
class Score:
    """How well predicted clusters agree with the truth.

    :param true_pairs: pairs of records of one person that share a cluster.
    :param predicted_pairs: pairs of records that share a cluster.
    :param actual_pairs: pairs of records of one person.
    """

    true_pairs: int
    predicted_pairs: int
    actual_pairs: int

    @property
    def precision(self) -> float | None:
        """Share of predicted pairs that are true; None without predictions."""
        return self.true_pairs / self.predicted_pairs if self.predicted_pairs else None

    @property
    def recall(self) -> float | None:
        """Share of actual pairs that are predicted; None without pairs."""
        return self.true_pairs / self.actual_pairs if self.actual_pairs else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        both = self.predicted_pairs + self.actual_pairs
        return 2 * self.true_pairs / both if both else None

    def as_dict(self) -> dict[str, Any]:
        """Return counts and rates."""
        return {**asdict(self), "precision": self.precision, "recall": self.recall, "f1": self.f1}


def _with_cells(labelled: Sql) -> Sql:
    """Return the WITH clause that counts records by cluster, person and source."""
    return short(
        """with labelled as ({{ labelled }}),
        cells as (select cluster, person, source, count(*) as n from labelled group by cluster, person, source),
        wholes as (select cluster, person, sum(n) as n from cells group by cluster, person),
        clusters as (select cluster, sum(n) as n, count(*) as persons from wholes group by cluster),
        persons as (select person, sum(n) as n, count(*) as clusters from wholes group by person)""",
        labelled=labelled,
    )


def score(warehouse: Warehouse, labelled: Sql) -> dict[str, Any]:
    """Score a clustering.

    :param labelled: query that gives `identity_key`, `source`, `cluster` (predicted) and `person` (true).
    :return: counts, pairwise and B³ scores, match rate (share of the records whose person has another
        record that are linked to one of them), scores per pair of sources.
    """
    cells = _with_cells(labelled)
    (total,) = warehouse.rows(
        short(
            """{{ cells }}
        select
            (select count(*) from labelled) as records,
            (select count(*) from persons) as persons,
            (select count(*) from clusters) as clusters,
            (select cast(sum(n * (n - 1) / 2) as int64) from wholes) as true_pairs,
            (select cast(sum(n * (n - 1) / 2) as int64) from clusters) as predicted_pairs,
            (select cast(sum(n * (n - 1) / 2) as int64) from persons) as actual_pairs,
            (select sum(wholes.n * wholes.n / clusters.n) / sum(wholes.n)
             from wholes inner join clusters on wholes.cluster = clusters.cluster) as b3_precision,
            (select sum(wholes.n * wholes.n / persons.n) / sum(wholes.n)
             from wholes inner join persons on wholes.person = persons.person) as b3_recall,
            (select safe_divide(sum(if(wholes.n > 1, wholes.n, 0)), sum(wholes.n))
             from wholes inner join persons on wholes.person = persons.person
             where persons.n > 1) as match_rate""",
            cells=cells,
        )
    )
    if not total["records"]:
        raise EvaluationError(
            "No record has both a cluster and a true person: check that the truth is of this warehouse."
        )
    counts = ", ".join(
        f"cast(sum(if(kind = '{kind}', if(source_a = source_b, n_a * (n_a - 1) / 2, n_a * n_b), 0)) as int64) "
        f"as {kind}_pairs"
        for kind in ("true", "predicted", "actual")
    )
    by_sources = warehouse.rows(
        short(
            """{{ cells }},
        pairs as (
            select 'true' as kind, a.source as source_a, b.source as source_b, a.n as n_a, b.n as n_b
            from cells as a
            inner join cells as b on a.cluster = b.cluster and a.person = b.person and a.source <= b.source
            union all
            select 'predicted', a.source, b.source, a.n, b.n
            from (select cluster, source, sum(n) as n from cells group by cluster, source) as a
            inner join (select cluster, source, sum(n) as n from cells group by cluster, source) as b
                on a.cluster = b.cluster and a.source <= b.source
            union all
            select 'actual', a.source, b.source, a.n, b.n
            from (select person, source, sum(n) as n from cells group by person, source) as a
            inner join (select person, source, sum(n) as n from cells group by person, source) as b
                on a.person = b.person and a.source <= b.source
        )

        select
            source_a,
            source_b,
            {{ counts }}
        from pairs
        group by source_a, source_b
        order by source_a, source_b""",
            cells=cells,
            counts=Sql(counts),
        )
    )
    precision, recall = total["b3_precision"], total["b3_recall"]
    return {
        "records": total["records"],
        "persons": total["persons"],
        "clusters": total["clusters"],
        "match_rate": total["match_rate"],
        "pairwise": _score(total).as_dict(),
        "b_cubed": {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall)},
        "by_source": [
            {"sources": f"{row['source_a']} × {row['source_b']}", **_score(row).as_dict()} for row in by_sources
        ],
    }


def _score(row: dict[str, Any]) -> Score:
    return Score(row["true_pairs"], row["predicted_pairs"], row["actual_pairs"])


def examples(warehouse: Warehouse, labelled: Sql, limit: int = 5) -> dict[str, list[dict[str, Any]]]:
    """Return the clusters that hold most persons, and the persons spread over most clusters.

    :param limit: how many of each.
    """
    found = {}
    for kind, group, other in (("over_merged", "cluster", "person"), ("under_merged", "person", "cluster")):
        found[kind] = warehouse.rows(
            short(
                """with labelled as ({{ labelled }})
            select
                {{ group }} as id,
                count(distinct {{ other }}) as parts,
                string_agg(concat(identity_key, ' → ', {{ other }}), '; ' order by {{ other }}, identity_key limit 8)
                    as records
            from labelled
            group by {{ group }}
            having count(distinct {{ other }}) > 1
            order by parts desc, count(*) desc, id
            limit {{ limit }}""",
                labelled=labelled,
                group=group,
                other=other,
                limit=int(limit),
            )
        )
    return found
