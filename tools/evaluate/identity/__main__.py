"""``python -m tools.evaluate.identity``: score the warehouse, score a CSV, or fit the weights."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from google.api_core.exceptions import GoogleAPIError
from martech.identity.fits import FitError

from tools.evaluate.identity.estimate import fit_warehouse, write_weights
from tools.evaluate.identity.persons_csv import score_csv
from tools.evaluate.identity.report import print_examples, print_scores, write_json
from tools.evaluate.identity.truth import score_truth
from tools.evaluate.identity.warehouse import EvaluationError, Warehouse

RESULTS = Path(".local/evaluate")


def _score_warehouse(arguments: argparse.Namespace) -> None:
    result = score_truth(Warehouse(), arguments.truth)
    for scope, scores in result["scopes"].items():
        print_scores(scope, scores)
    print_examples(result["examples"])
    write_json(arguments.json or RESULTS / "identity_warehouse.json", result)


def _score_csv(arguments: argparse.Namespace) -> None:
    result = score_csv(arguments.file, arguments.dataset, arguments.fit, arguments.keep)
    for scope, scores in result["scopes"].items():
        print_scores(scope, scores)
    print_examples(result["examples"])
    for reason in result["not_fitted_because"]:
        print(f"\nOnly the weights as shipped were scored. Against the fit: {reason}", file=sys.stderr)
    write_json(arguments.json or RESULTS / f"identity_{arguments.file.stem}.json", result)


def _fit(arguments: argparse.Namespace) -> None:
    weights, reasons = fit_warehouse(Warehouse())
    write_weights(weights, sys.stdout)
    for reason in reasons:
        print(f"Against it: {reason}", file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.evaluate.identity", description=__doc__)
    commands = parser.add_subparsers(required=True)
    whole = commands.add_parser("warehouse", help="score identity_map on the truth of the sample sources")
    whole.add_argument("--truth", type=Path, required=True, help="the `truth` directory of a generated sample")
    whole.set_defaults(function=_score_warehouse)
    one = commands.add_parser("csv", help="resolve a labelled CSV of persons in scratch datasets and score it")
    one.add_argument("file", type=Path, help="columns id, cluster and any of first_name … birth_date")
    one.add_argument(
        "--dataset", default="identity_csv", help="scratch dataset, dropped afterwards (default: %(default)s)"
    )
    one.add_argument("--fit", action="store_true", help="fit the weights to the file as well, without its labels")
    one.add_argument("--keep", action="store_true", help="keep the scratch datasets")
    one.set_defaults(function=_score_csv)
    for command in (whole, one):
        command.add_argument("--json", type=Path, help=f"where to write the scores (default: in {RESULTS})")
    learn = commands.add_parser("fit", help="print the weights fitted to the warehouse's pairs, without labels")
    learn.set_defaults(function=_fit)
    arguments = parser.parse_args(argv)
    try:
        arguments.function(arguments)
    except (EvaluationError, FitError, GoogleAPIError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
