"""Sync declarations: good ones load, bad ones say where and what to write instead."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import martech.activation
import pytest
from martech.activation.destinations import DESTINATIONS
from martech.declarations.reader import DeclarationError

from include.activation.declared_syncs import SYNCS_DIR, load_sync, load_syncs
from include.pipeline.layer_ddl import table_statement

SLACK = (SYNCS_DIR / "critical_customers_to_slack.yml").read_text()
SALESFORCE = (SYNCS_DIR / "lead_scores_to_salesforce.yml").read_text()
GOOGLE = (SYNCS_DIR / "customers_to_google_ads.yml").read_text()


def load_name(text: str) -> str:
    return text.partition("\n")[0].removeprefix("name: ")


def columns_of(model: str) -> set[str]:
    layer, _, name = model.partition(".")
    return {column.name for column in table_statement(layer, name).columns}


def test_every_destination_is_declared():
    assert {sync.destination for sync in load_syncs()} == set(DESTINATIONS)


@pytest.mark.parametrize("sync", load_syncs(), ids=lambda sync: sync.name)
def test_every_declared_column_exists_in_its_model(sync):
    names = [sync.key, sync.consent.person, *(c.column for c in sync.where), *(c.column for c in sync.columns)]
    joined = columns_of(sync.join[0]) if sync.join else set()
    for name in names:
        plain = name.removeprefix("joined.")
        assert plain in (joined if plain != name else columns_of(sync.model)), name
    assert {sync.consent.key, sync.consent.granted.column} <= columns_of(sync.consent.model)


@pytest.mark.parametrize(
    ("text", "old", "new", "line", "fix"),
    [
        (SALESFORCE, "mode: mirror", "mode: mirorr", "mode: mirorr", "mirror (removes them)"),
        (SALESFORCE, "mode: mirror\n", "", "name:", "Add `mode:`"),
        (SALESFORCE, "object: Lead", "objekt: Lead", "objekt: Lead", "Use only: type, connection, object, external_id"),
        (SALESFORCE, "gold.lead_scores", "lead_scores", "model: lead_scores", "such as gold.lead_scores"),
        (SALESFORCE, "column: lead_score,", "column: lead score,", "lead score", "a column of the source model"),
        (SALESFORCE, "percent: 10", "percent: 1000", "percent: 1000", "from 0 to 100"),
        (SALESFORCE, "Lead_Grade__c", "Lead_Score__c", "lead_grade, to: Lead_Score__c", "Keep one of the two"),
        (SALESFORCE, "external_id: Marketing_Lead_Id__c", "external_id: Id", "external_id: Id", "Marketing_Lead_Id__c"),
        (SALESFORCE, "type: salesforce", "type: sales", "type: sales", "google_conversions, slack or webhook"),
        (SALESFORCE, "column: lead_grade", "column: joined.grade", "joined.grade", "Declare source.join"),
        (SALESFORCE, "type: number, decimals: 4", "decimals: 4", "decimals: 4", "Add type: number"),
        (SALESFORCE, "mode:", 'mode: "', 'mode: "', "Check the indentation and quotes"),
        (GOOGLE, ", pii: hash_sha256}\n  - {column: phone", "}\n  - {column: phone", "column: email", "hash_sha256"),
        (GOOGLE, '"1234567890"', "1234567890", "account_id", "10 digits in quotes"),
        (SLACK, "mode: notify", "mode: mirror", "mode: mirror", "notify: a message cannot be changed"),
        (SLACK, "channel: C0123456789", "channel: general", "channel: general", "the id of a channel"),
        (SLACK, "  concurrency: 1", "  refresh_days: 30", "refresh_days: 30", "Remove the key"),
        (GOOGLE, "  - {column: postal_code, to: postalCode, normalise: text}\n", "", "columns:", "or none of them"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_names_line_and_fix(tmp_path, text, old, new, line, fix):  # noqa: PLR0913, PLR0917
    assert old in text
    path = tmp_path / f"{load_name(text)}.yml"
    path.write_text(text.replace(old, new))
    with pytest.raises(DeclarationError) as error:
        load_sync(path)
    message = str(error.value)
    number = int(message.removeprefix(f"{path}:").partition(":")[0])
    # An unclosed quote is noticed at the end of the file only.
    assert line in path.read_text().splitlines()[number - 1] if new != 'mode: "' else number >= 21
    assert fix in message


def test_the_name_is_the_files_name(tmp_path):
    path = tmp_path / "other.yml"
    path.write_text(SALESFORCE)
    with pytest.raises(DeclarationError, match=r"other.yml:1: name: .* Write name: other"):
        load_sync(path)


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.yml"
    path.write_text("")
    with pytest.raises(DeclarationError, match=r"empty\.yml:1"):
        load_sync(path)


def test_the_engine_knows_no_destination_by_name():
    """What differs between destinations is a capability of their hooks."""
    (room,) = map(Path, martech.activation.__path__)
    modules = [path for path in room.glob("*.py") if path.name != "destinations.py"]
    assert len(modules) > 10
    for path in modules:
        texts = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
        assert not texts & DESTINATIONS.keys(), path.name
    for path in (room / "sql").glob("*.sql"):
        assert not re.search(rf"\b({'|'.join(DESTINATIONS)})\b", path.read_text()), path.name
