"""Of which columns of connectors bronze is made, as dbt's documentation says it."""

from __future__ import annotations

import pytest

from include.landing.column_lineage import DOCS_FILE, connector_columns, docs
from include.landing.declared_landings import load_landings

TABLES = {table.name: table for landing in load_landings().values() for table in landing.tables}
# Counted, or a word that SQL writes.
MADE_OF_NOTHING = {
    ("braze_message_events", "channel"),
    ("braze_users", "purchase_count"),
    ("ga360_hits", "hit_number"),
    ("ga360_hits", "is_exit"),
    ("ga360_sessions", "totals_hits"),
}


def test_the_documentation_is_up_to_date() -> None:
    assert DOCS_FILE.read_text() == docs(), "run `make docs`"


def test_every_mapped_column_is_made_of_something() -> None:
    made_of = {(name, column): of for name, table in TABLES.items() for column, of in connector_columns(table).items()}
    assert {key for key, of in made_of.items() if not of} == MADE_OF_NOTHING


@pytest.mark.parametrize(
    ("table", "column", "made_of"),
    [
        ("salesforce_contacts", "email", ["contact.email"]),
        ("zendesk_tickets", "requester_id", ["ticket.requester_id"]),
        ("google_ads_ad_performance", "clicks", ["ad_stats.clicks", "campaign_stats.clicks"]),
        ("google_ads_ad_performance", "campaign_name", ["campaign_history.name"]),
        ("ga360_sessions", "visit_id", ["event.event_params.ga_session_id"]),
        # What orders the events of a session is no part of its values.
        ("ga360_sessions", "user_id", ["event.user_id"]),
    ],
)
def test_columns_are_followed_through_joins_and_unions(table: str, column: str, made_of: list[str]) -> None:
    assert connector_columns(TABLES[table])[column] == made_of
