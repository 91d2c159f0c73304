"""A connector that lacks something gives a message with the table and the remedy, and the other tables land."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from martech.ingestion.landing import Plan
from martech.ingestion.landing_hook import LandingHook

from tests.landing.conftest import Warehouse
from tests.landing.connectors import GA4_EVENTS
from tests.landing.samples import make_analytics

DAY = date(2026, 11, 20)
TIME = "TIMESTAMP"
SYNCED = "2026-11-20 12:00:00"
OBJECTS = ("account", "contact", "lead", "opportunity")
Change = Callable[[Warehouse, str], None]


def make_salesforce(warehouse: Warehouse, dataset: str) -> None:
    """Create a connection whose objects have one record each."""
    warehouse.connectors.make_dataset(dataset)
    for name in OBJECTS:
        warehouse.connectors.make_table(
            dataset, name, {"id": "STRING", "_fivetran_synced": TIME}, [{"id": name, "_fivetran_synced": SYNCED}]
        )


def statement(sql: str) -> Change:
    """Return a change that runs a statement, in which the dataset is ``{dataset}``."""
    return lambda warehouse, dataset: warehouse.query(sql.format(dataset=f"{warehouse.client.project}.{dataset}"))


def table(name: str, types: dict[str, str], *rows: dict[str, Any]) -> Change:
    """Return a change that replaces a table."""
    return lambda warehouse, dataset: warehouse.connectors.make_table(dataset, name, types, rows)


ERRORS = {
    "missing table": (
        statement("drop table `{dataset}.account`"),
        "salesforce_accounts: Dataset {dataset} has no table account, which fivetran delivers. "
        "Select the table in the connector and sync it",
    ),
    "column of another type": (
        table("account", {"id": "STRING", "is_deleted": "TIMESTAMP", "_fivetran_synced": TIME}),
        "{dataset}.account: column is_deleted is TIMESTAMP, which cannot be read as BOOL. Correct the type in the "
        "connector, or name another column",
    ),
    "two connections in one dataset": (
        table("Account", {"id": "STRING", "_fivetran_synced": TIME}),
        "Dataset {dataset} has the tables Account and account, which are one table of a connector: two connections "
        "write to it. Give each connection a dataset of its own.",
    ),
    "no key": (
        table("account", {"name": "STRING", "_fivetran_synced": TIME}),
        "{dataset}.account has no column id, without which no row can land. Select it in the connector",
    ),
    "no time of the sync": (
        table("account", {"id": "STRING"}),
        "{dataset}.account has no column _fivetran_synced, without which no row can land.",
    ),
    "a record without an id": (
        table("account", {"id": "STRING", "_fivetran_synced": TIME}, {"id": None, "_fivetran_synced": SYNCED}),
        "salesforce_accounts could not land, nothing of it was changed: ",
    ),
}


@pytest.mark.parametrize("case", list(ERRORS))
def test_a_table_that_cannot_land_is_named_and_the_others_land(warehouse: Warehouse, case: str) -> None:
    change, message = ERRORS[case]
    dataset = "bad_" + case.replace(" ", "_")
    make_salesforce(warehouse, dataset)
    change(warehouse, dataset)
    warehouse.empty(*(f"salesforce_{name}" for name in ("accounts", "contacts", "leads", "opportunities")))
    with pytest.raises(AirflowException) as error:
        warehouse.land("salesforce", dataset, days=[DAY])
    # A retry would find the same, except where BigQuery refused: that may pass.
    assert isinstance(error.value, AirflowFailException) is ("could not land" not in message)
    assert "3 of 4 tables of salesforce have landed." in str(error.value)
    assert message.format(dataset=dataset) in str(error.value)
    assert not warehouse.rows("salesforce_accounts")
    assert [row["id"] for row in warehouse.rows("salesforce_contacts")] == ["contact"]


WARNINGS = {
    "vanished custom field": (
        table("account", {"id": "STRING", "_fivetran_synced": TIME}, {"id": "a", "_fivetran_synced": SYNCED}),
        "account has no column segment__c: the custom field was removed or renamed. Remove it from `custom_fields` in "
        "salesforce.yml, or give it back in the source.",
        ["a"],
    ),
    "history mode": (
        table(
            "account",
            {"id": "STRING", "_fivetran_active": "BOOL", "_fivetran_start": TIME, "_fivetran_synced": TIME},
            {"id": "old", "_fivetran_active": False, "_fivetran_synced": SYNCED},
            {"id": "new", "_fivetran_active": True, "_fivetran_synced": SYNCED},
        ),
        "account is in history mode: only its active versions land. Switch the table to soft delete mode",
        ["new"],
    ),
    "missing optional table": (
        lambda *_: None,
        "No connection has opportunity_contact_role: its columns stay empty. Select the table in the connector",
        ["account"],
    ),
}


@pytest.mark.parametrize("case", list(WARNINGS))
def test_what_lands_all_the_same_is_warned_of(
    warehouse: Warehouse, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    change, message, ids = WARNINGS[case]
    dataset = "odd_" + case.replace(" ", "_")
    make_salesforce(warehouse, dataset)
    change(warehouse, dataset)
    warehouse.empty("salesforce_accounts")
    with caplog.at_level(logging.WARNING):
        warehouse.land("salesforce", dataset, days=[DAY])
    assert message in caplog.text
    assert [row["id"] for row in warehouse.rows("salesforce_accounts")] == ids


def test_original_names_are_read(warehouse: Warehouse) -> None:
    warehouse.connectors.make_dataset("original")
    for name in OBJECTS:
        warehouse.connectors.make_table(
            "original",
            name.capitalize(),
            {"Id": "STRING", "AnnualRevenue": "FLOAT64", "utm_source__c": "STRING", "_fivetran_synced": TIME},
            [{"Id": name, "AnnualRevenue": 1.5, "utm_source__c": "google", "_fivetran_synced": SYNCED}],
        )
    warehouse.empty("salesforce_leads")
    warehouse.land("salesforce", "original", days=[DAY])
    (lead,) = warehouse.rows("salesforce_leads")
    assert (lead["id"], float(lead["annual_revenue"]), lead["utm_source__c"]) == ("lead", 1.5, "google")


def test_a_transfer_of_salesforce_lands_by_its_time_of_change(warehouse: Warehouse) -> None:
    warehouse.connectors.make_dataset("transfer")
    warehouse.connectors.make_table(
        "transfer",
        "Account",
        {"Id": "STRING", "Name": "STRING", "IsDeleted": "BOOL", "SystemModstamp": TIME},
        [{"Id": "a", "Name": "Acme", "IsDeleted": False, "SystemModstamp": SYNCED}],
    )
    warehouse.empty("salesforce_accounts")
    warehouse.land("salesforce", "transfer", days=[DAY], only=["salesforce_accounts"], connector="salesforce_transfer")
    (account,) = warehouse.rows("salesforce_accounts")
    assert (account["name"], account["_fivetran_deleted"]) == ("Acme", False)
    assert account["_fivetran_synced"] == account["system_modstamp"] == datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_missing_dataset_is_named(warehouse: Warehouse) -> None:
    with pytest.raises(
        AirflowFailException, match=r"There is no dataset nowhere in .* MARKETING_LANDING_SALESFORCE names"
    ):
        warehouse.land("salesforce", "nowhere", days=[DAY])


def test_a_source_without_datasets_is_left_alone(warehouse: Warehouse, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert warehouse.land("salesforce", days=[DAY]) == {}
    assert "MARKETING_LANDING_SALESFORCE names no dataset" in caplog.text


def test_days_that_bronze_no_longer_keeps_do_not_land(warehouse: Warehouse, caplog: pytest.LogCaptureFixture) -> None:
    make_salesforce(warehouse, "old")
    today = datetime.now(UTC).date()
    warehouse.query(
        f"update `{warehouse.client.project}.old.account` "
        "set _fivetran_synced = timestamp_sub(current_timestamp(), interval 90 day) where true"
    )
    warehouse.empty("salesforce_accounts")
    days = [today - timedelta(days=90), today]
    with caplog.at_level(logging.WARNING):
        warehouse.land("salesforce", "old", days=days, keep_days=90)
    assert "days before" in caplog.text
    assert "do not land, bronze keeps 90 days" in caplog.text
    assert not warehouse.rows("salesforce_accounts")
    assert warehouse.land("salesforce", "old", days=days[:1], keep_days=90) == {}


def test_the_first_landing_tells_of_rows_that_synced_before_it(
    warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    make_salesforce(warehouse, "first")
    warehouse.empty("salesforce_accounts")
    only = ["salesforce_accounts"]
    with caplog.at_level(logging.WARNING):
        warehouse.land("salesforce", "first", days=[DAY + timedelta(days=2)], only=only)
    assert "1 rows of" in caplog.text
    assert "first.account synced before 2026-11-22, the first day that lands: backfill this DAG from 2026-11-20" in (
        caplog.text
    )
    warehouse.land("salesforce", "first", days=[DAY], only=only)
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        warehouse.land("salesforce", "first", days=[DAY + timedelta(days=2)], only=only)
    assert "synced before" not in caplog.text


def test_an_export_day_that_has_not_come_is_named_and_takes_nothing_away(warehouse: Warehouse) -> None:
    make_analytics(warehouse.connectors, "late")
    warehouse.land("ga360", "late", days=[DAY])
    landed = warehouse.rows("ga360_hits")
    warehouse.query(f"drop table `{warehouse.client.project}.late.events_20261121`")
    with pytest.raises(AirflowException) as error:
        warehouse.land("ga360", "late", days=[DAY, DAY + timedelta(days=1)])
    assert not isinstance(error.value, AirflowFailException), "a retry lands what has come by then"
    assert "Dataset late has no table events_20261121: the export of 2026-11-21 has not come." in str(error.value)
    assert "Check the BigQuery link of the Analytics property" in str(error.value)
    # The rest of the session happened on the day that has not come.
    assert len(warehouse.rows("ga360_hits")) == 2
    assert landed


def test_the_complete_table_of_a_day_comes_before_the_streamed_one(warehouse: Warehouse) -> None:
    make_analytics(warehouse.connectors, "streamed")
    project = warehouse.client.project
    warehouse.query(
        f"create table `{project}.streamed.events_intraday_20261120` as "
        f"select * from `{project}.streamed.events_20261120` limit 0"
    )
    warehouse.empty("firebase_events")
    warehouse.land("firebase", "streamed", days=[DAY])
    assert len(warehouse.rows("firebase_events")) == 2
    warehouse.query(f"drop table `{project}.streamed.events_20261120`")
    warehouse.land("firebase", "streamed", days=[DAY])
    assert warehouse.rows("firebase_events") == []


def test_a_record_that_was_added_to_the_export_later_is_optional(warehouse: Warehouse) -> None:
    make_analytics(warehouse.connectors, "before_2024")
    project = warehouse.client.project
    for day in ("20261119", "20261120", "20261121"):
        for column in ("session_traffic_source_last_click", "collected_traffic_source", "batch_event_index"):
            warehouse.query(f"alter table `{project}.before_2024.events_{day}` drop column {column}")
    assert "batch_event_index" in GA4_EVENTS
    warehouse.empty("ga360_sessions")
    result = warehouse.land("ga360", "before_2024", days=[DAY])
    (session,) = warehouse.rows("ga360_sessions")
    assert (session["traffic_source_source"], session["traffic_source_gclid"]) == ("(direct)", None)
    assert "events_20261120.batch_event_index" in result["ga360_sessions"]["missing"]


SOON = "timestamp_add(current_timestamp(), interval 1 minute)"


def test_a_sync_while_rows_land_is_named_with_the_remedy(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_salesforce(warehouse, "busy")
    warehouse.empty("salesforce_accounts")
    land = LandingHook.land

    def land_while_a_sync_runs(hook: LandingHook, plan: Plan) -> None:
        land(hook, plan)
        warehouse.query(
            f"insert into `{warehouse.client.project}.busy.account` (id, _fivetran_synced) values ('late', {SOON})"
        )

    monkeypatch.setattr(LandingHook, "land", land_while_a_sync_runs)
    with caplog.at_level(logging.WARNING):
        warehouse.land("salesforce", "busy", days=[DAY], only=["salesforce_accounts"])
    assert "busy.account was synced while its rows landed: 1 rows since" in caplog.text
    assert "FIVETRAN_CONNECTOR_SALESFORCE" in caplog.text
    assert "late" not in {row["id"] for row in warehouse.rows("salesforce_accounts")}
