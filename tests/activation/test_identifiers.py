"""Identifiers as Google normalises them before it hashes: what Google's own formatter returns is the oracle.

``google_formatter.json`` was recorded with Google's package, which needs a key-management client to be imported.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from martech.activation.plan import NORMALISED, value_sql
from martech.activation.sync import Column

RECORDED = json.loads(Path(__file__).with_name("google_formatter.json").read_text())["values"]
# Google's guide asks for more than its formatter does: no titles, suffixes and extensions, a number as it is dialled
# from abroad, and a country by its code.
GUIDE = {
    "name": {
        "Mrs. Ann": "ann", "Prof. Dr. Anna": "anna", "Smith, Jr.": "smith", "King III": "king", "Ii": "ii", "Dr": "dr",
        "Drew": "drew", "Lee Ph.D.": "lee",
    },
    "phone": {
        "+1 800 555 0100 ext. 55": "+18005550100", "+1 (800) 555-0100 x7": "+18005550100",
        "+18005550100;ext=12": "+18005550100", "+49 (0) 30 901820": "+4930901820", "030 901820": None, "+12": None,
    },
    "country": {"USA": "US", "United Kingdom": "GB"},
}  # fmt: skip


@pytest.fixture
def normalised(bigquery_client):
    """Return a function that normalises values in the warehouse."""

    def run(kind: str, values: list[str]) -> dict[str, str | None]:
        sql = NORMALISED[kind].format(*["value"] * NORMALISED[kind].count("{}"))
        rows = bigquery_client.query(
            f"select value, {sql} as result from unnest({json.dumps(values)}) as value"
        ).result()
        return {row["value"]: row["result"] for row in rows}

    return run


@pytest.mark.parametrize("kind", sorted(RECORDED))
def test_values_are_normalised_as_googles_formatter_does(normalised, kind):
    # Where we know a country by its name, Google's formatter knows two letters only.
    expected = RECORDED[kind] | {value: GUIDE[kind][value] for value in RECORDED[kind] if value in GUIDE.get(kind, {})}
    assert normalised(kind, list(expected)) == expected


@pytest.mark.parametrize("kind", sorted(GUIDE))
def test_what_googles_guide_asks_for(normalised, kind):
    assert normalised(kind, list(GUIDE[kind])) == GUIDE[kind]


def test_a_value_that_came_hashed_is_not_hashed_again(bigquery_client):
    hashed = sha256(b"ann@example.com").hexdigest()
    sql = value_sql(Column("email", "emailAddress", normalise="email", pii="hash_sha256"))
    values = ["Ann@Example.com", hashed, f" {hashed.upper()}"]
    rows = bigquery_client.query(f"select {sql} as result from unnest({json.dumps(values)}) as email, "
                                 "unnest([struct(email as email)]) as source").result()  # fmt: skip
    assert {row["result"] for row in rows} == {hashed}
