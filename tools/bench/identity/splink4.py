"""``python -m tools.bench.identity.splink4 FILE.csv``: link a public set with Splink 4; runs in ``.venv-linkage``.

Two set-ups are scored: the one of Splink's own documentation for the set, and one that blocks on and compares every
column. Both get the columns that our side gets: no social security number, no occupation. For RLdata, which the
documentation does not have, the first is that of febrl3 as far as the columns go. febrl4 is linked as one table, since
our side is not told either which half a record is of.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import splink.comparison_library as cl
from splink import ColumnExpression, DuckDBAPI, Linker, SettingsCreator, block_on

THRESHOLDS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)


@dataclass(frozen=True)
class Setup:
    """How a set is linked.

    :param comparisons: of two records.
    :param blocks: rules of which a pair meets one to be compared.
    :param certain: rules whose pairs are all matches, from which the share of matches is estimated.
    :param recall: share of the matches that they find.
    :param pairs: random pairs from which the levels of strangers are estimated.
    :param sessions: blocks of EM, one after the other.
    :param without_frequencies: whether EM leaves out the frequencies of values.
    """

    comparisons: Sequence[Any]
    blocks: Sequence[Any]
    certain: Sequence[Any]
    recall: float
    pairs: float
    sessions: Sequence[Any]
    without_frequencies: bool = False


SWAPPED = "l.first_name = r.last_name and l.last_name = r.first_name"


def _birth_date() -> Any:
    return cl.DateOfBirthComparison("birth_date", input_is_string=True, invalid_dates_as_null=True)


def febrl3() -> Setup:
    """Return the settings of the example *Febrl3 dedupe*."""
    return Setup(
        comparisons=[
            cl.NameComparison("first_name"),
            cl.NameComparison("last_name"),
            _birth_date(),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
        blocks=[block_on(name) for name in ("first_name", "last_name", "birth_date", "postcode")],
        certain=[block_on("first_name", "last_name", "birth_date"), f"{SWAPPED} and l.birth_date = r.birth_date"],
        recall=0.9,
        pairs=1e6,
        sessions=[block_on("birth_date"), block_on("postcode")],
    )


def febrl4() -> Setup:
    """Return the settings of the example *Febrl4 link only*, its detailed model."""
    return Setup(
        comparisons=[
            cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
            _birth_date(),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ],
        blocks=[
            block_on("first_name", "last_name"),
            SWAPPED,
            block_on("birth_date"),
            block_on("street"),
            block_on("postcode"),
        ],
        certain=[block_on("first_name", "last_name", "birth_date")],
        recall=0.8,
        pairs=1e6,
        sessions=[block_on("birth_date"), block_on("postcode")],
        without_frequencies=True,
    )


def rldata() -> Setup:
    """Return the settings of *Febrl3 dedupe* for names and birth dates alone."""
    return Setup(
        comparisons=[cl.NameComparison("first_name"), cl.NameComparison("last_name"), _birth_date()],
        blocks=[block_on(name) for name in ("first_name", "last_name", "birth_date")],
        # In RLdata500 no two records of a person are equal: the rules of febrl3 would say that there are no matches.
        certain=[block_on("first_name", "birth_date"), block_on("last_name", "birth_date")],
        recall=0.9,
        pairs=1e6,
        sessions=[block_on("birth_date"), block_on("last_name")],
    )


def fake_1000() -> Setup:
    """Return the settings of the tutorial."""
    return Setup(
        comparisons=[
            cl.NameComparison("first_name"),
            cl.NameComparison("last_name"),
            cl.LevenshteinAtThresholds(ColumnExpression("birth_date").cast_to_string(), 1),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocks=[block_on("first_name", "city"), block_on("last_name"), block_on("birth_date")],
        certain=[
            block_on("first_name", "birth_date"),
            "l.first_name = r.first_name and levenshtein(r.last_name, l.last_name) <= 2",
            block_on("email"),
        ],
        recall=0.7,
        pairs=2e6,
        sessions=[block_on("first_name", "last_name"), block_on("birth_date")],
    )


def historical() -> Setup:
    """Return the settings of the example *Deduplicate 50k rows historical persons*, without the occupation."""
    near = "substr(postcode,1,3)"
    return Setup(
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "last_name", forename_surname_concat_col_name="full_name"),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.PostcodeComparison("postcode"),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        ],
        blocks=[
            block_on("substr(first_name,1,3)", "substr(last_name,1,4)"),
            block_on("last_name", "birth_date"),
            block_on("first_name", "birth_date"),
            block_on("postcode", "first_name"),
            block_on("postcode", "last_name"),
            block_on("birth_date", "city"),
            block_on(near, "birth_date"),
            block_on(near, "first_name"),
            block_on(near, "last_name"),
            block_on("substr(first_name,1,2)", "substr(last_name,1,2)", "substr(birth_date,1,4)"),
        ],
        certain=[
            block_on("first_name", "last_name", "birth_date"),
            block_on("substr(first_name,1,2)", "last_name", "substr(postcode,1,2)"),
            block_on("birth_date", "postcode"),
        ],
        recall=0.6,
        pairs=1e7,
        sessions=[block_on("first_name", "last_name"), block_on("birth_date")],
        without_frequencies=True,
    )


def every_column(persons: pd.DataFrame) -> Setup:
    """Return settings that use all that the records hold.

    :param persons: what ``read`` gives.
    """
    comparisons = {
        "first_name": cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
        "last_name": cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
        "birth_date": _birth_date(),
        "email": cl.EmailComparison("email"),
        "street": cl.LevenshteinAtThresholds("street", [2, 5]),
        "postcode": cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        "city": cl.LevenshteinAtThresholds("city", 2).configure(term_frequency_adjustments=True),
    }
    known = [name for name in comparisons if name in persons]
    return Setup(
        comparisons=[comparisons[name] for name in known],
        # A city holds too many.
        blocks=[block_on(name) for name in known if name != "city"],
        certain=[
            block_on("first_name", "birth_date"),
            block_on("last_name", "birth_date"),
            *([block_on("email")] if "email" in persons else []),
        ],
        recall=0.8,
        pairs=2e6,
        sessions=[block_on("birth_date"), block_on("last_name")],
    )


DOCUMENTED = {
    "febrl1": febrl3,
    "febrl2": febrl3,
    "febrl3": febrl3,
    "febrl4": febrl4,
    "RLdata500": rldata,
    "RLdata10000": rldata,
    "fake_1000": fake_1000,
    "historical": historical,
}


def read(path: Path) -> pd.DataFrame:
    """Return a set's records, with the columns that the set-ups derive from the file's; what is empty is null."""
    persons = pd.read_csv(path, dtype=str).rename(columns={"id": "unique_id", "cluster": "person"})
    persons["full_name"] = persons.first_name + " " + persons.last_name
    if "street" in persons:
        persons["street_number"] = persons.street.str.extract(r"^(\d+)", expand=False)
        persons["birth_date"] = persons.birth_date.str.replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", regex=True)
    return persons


def pairwise(clusters: pd.DataFrame) -> dict[str, float]:
    """Return precision, recall and F1 over pairs of records.

    :param clusters: a row per record, with ``cluster_id`` (predicted) and ``person`` (true).
    """

    def pairs(*by: str) -> int:
        sizes = clusters.groupby(list(by)).size()
        return int((sizes * (sizes - 1) // 2).sum())

    both, predicted, actual = pairs("cluster_id", "person"), pairs("cluster_id"), pairs("person")
    return {
        "precision": both / predicted if predicted else 0.0,
        "recall": both / actual,
        "f1": 2 * both / (predicted + actual),
    }


def link(persons: pd.DataFrame, setup: Setup) -> list[dict[str, float]]:
    """Train Splink on the records, and return the scores of its clusters by threshold.

    :param persons: what ``read`` gives.
    """
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=list(setup.comparisons),
        blocking_rules_to_generate_predictions=list(setup.blocks),
        additional_columns_to_retain=["person"],
    )
    linker = Linker(persons, settings, db_api=DuckDBAPI())
    linker.training.estimate_probability_two_random_records_match(list(setup.certain), recall=setup.recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=setup.pairs, seed=2)
    for session in setup.sessions:
        linker.training.estimate_parameters_using_expectation_maximisation(
            session, estimate_without_term_frequencies=setup.without_frequencies
        )
    predictions = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    found = []
    for threshold in THRESHOLDS:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold)
        found.append({"threshold": threshold, **pairwise(clusters.as_pandas_dataframe()[["cluster_id", "person"]])})
    return found


def main() -> int:
    """Link a set and write its scores; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.identity.splink4", description=__doc__)
    parser.add_argument("file", type=Path, help="CSV of public_sets, named after its set")
    parser.add_argument("--json", type=Path, required=True, help="where to write the scores")
    arguments = parser.parse_args()
    persons = read(arguments.file)
    found = {}
    for name, setup in (("documented", DOCUMENTED[arguments.file.stem]()), ("every column", every_column(persons))):
        began = time.process_time()
        scores = link(persons, setup)
        found[name] = {"scores": scores, "cpu_seconds": time.process_time() - began}
    # Peak memory of a process cannot be told by set-up.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    arguments.json.write_text(json.dumps({"setups": found, "peak_bytes": peak}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
