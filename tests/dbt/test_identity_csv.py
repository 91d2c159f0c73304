"""The reader of labelled persons, and the scores: no warehouse is needed for either."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.evaluate.identity.persons_csv import read_persons
from tools.evaluate.identity.scoring import Score
from tools.evaluate.identity.warehouse import EvaluationError


def write(directory: Path, text: str, encoding: str = "utf-8") -> Path:
    path = directory / "persons.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_columns_may_be_missing_extra_or_in_any_order(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeffcluster,Email,note,ID\n1, a@x.example ,hi,7\n1,,,8\n")
    first, second = read_persons(path)
    assert first["id"] == "7"
    assert first["email"] == "a@x.example"
    assert first["first_name"] is None
    assert second["email"] is None
    assert "note" not in first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column id and no column cluster"),
        ("id,email\n1,a@x.example\n", "no column cluster"),
        ("id,cluster\n1,1\n", "nothing to compare"),
        ("id,cluster,email\n", "no rows"),
        ("id,cluster,email\n1,1,a,b\n", "line 2: more values"),
        ("id,cluster,email\n1,1\n", "line 2: fewer values"),
        ("id,cluster,email\n1,,a@x.example\n", "line 2: id and cluster must not be empty"),
        ("id,cluster,email\n1,1,a\n1,2,b\n", "line 3: id '1' occurs twice"),
    ],
)
def test_a_file_that_cannot_be_scored_names_the_fix(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        list(read_persons(write(tmp_path, text)))


def test_another_encoding_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="not UTF-8"):
        list(read_persons(write(tmp_path, "id,cluster,first_name\n1,1,José\n", "latin-1")))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="does not exist"):
        list(read_persons(tmp_path / "nowhere.csv"))


def test_rates_of_pairs() -> None:
    score = Score(true_pairs=6, predicted_pairs=8, actual_pairs=12)
    assert (score.precision, score.recall, score.f1) == (0.75, 0.5, 0.6)
    assert Score(0, 0, 0).f1 is None
