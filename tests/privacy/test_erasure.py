"""Anna asks to be erased. Bernd, with whom she shares home, e-mail, phone and browser, does not: he objects, later.

The story runs once, in the order of the DAG, and notes what there was at each step; the tests read the notes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, AirflowSkipException
from martech.activation import engine
from martech.activation.destinations import DESTINATIONS
from martech.activation.hooks.braze import BrazeHook
from martech.activation.ledger import Ledger
from martech.privacy.erasure import Erasure
from martech.privacy.erasure_operators import (
    EraseRowsOperator,
    ErasureOperator,
    PlanErasureOperator,
    ProveErasureOperator,
    RemoveFromDestinationsOperator,
)
from martech.privacy.person_operators import PersonOperator
from martech.privacy.person_request import PersonError, Selector
from martech.privacy.rights_operators import CheckRectificationOperator, RecordObjectionOperator

from include.activation.declared_syncs import load_syncs
from include.privacy.declared_personal_data import KINDS
from include.privacy.person_dags import ACTIVATION
from tests.dbt.dbt_warehouse import LAST_DAY
from tests.privacy import people
from tests.privacy.conftest import DATASETS, PrivateWarehouse
from tests.privacy.people import (
    ANNA,
    ANNAS_DEAL,
    ANNAS_OWN_EMAIL,
    ANNAS_TRACES,
    BERND,
    HOME_BROWSER,
    HOME_TABLET,
    SHARED_EMAIL,
    SHARED_PHONE,
    TABLET_CLICK,
)
from tools.destinations.braze import BrazeServer
from tools.destinations.google_data_manager import GoogleDataManagerServer
from tools.destinations.slack import SlackServer
from tools.destinations.webhook import WebhookServer

REQUEST = "GDPR-1"
LAYERS = ["bronze", "intermediate", "silver", "gold"]
EVERYWHERE = [*LAYERS, "ops"]
# There is no Salesforce here.
THEIR_SYNCS = {sync.name for sync in load_syncs() if sync.destination != "salesforce"}
# It tells of nobody here.
LAST_SYNC = "critical_customers_to_slack"
AUDIENCE = "8765432109"
CONNECTORS = {"a_shop_by_fivetran": "shopify"}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def hashed(kind: str, text: str) -> str:
    return f"{kind}:{digest(text)}"


class Story:
    """The steps of the DAG, the syncs, and what was seen."""

    def __init__(
        self, warehouse: PrivateWarehouse, google: GoogleDataManagerServer, braze: BrazeServer, annas_id: str
    ) -> None:
        self.warehouse = warehouse
        self.google = google
        self.braze = braze
        self.annas_id = annas_id
        self.notes: dict[str, Any] = {}

    def task(self, kind: type[ErasureOperator], *, request_id: str = REQUEST) -> PersonOperator:
        further: dict[type, dict[str, Any]] = {
            RemoveFromDestinationsOperator: {**ACTIVATION, "syncs": sorted(THEIR_SYNCS)},
            ProveErasureOperator: {"datasets": DATASETS},
        }
        return self.warehouse.task(
            kind, request_id=request_id, load_connectors=lambda: CONNECTORS, **further.get(kind, {})
        )

    def run(self, kind: type[ErasureOperator], *, request_id: str = REQUEST, **params: Any) -> Any:
        params = {"customer_id": None, "identity_key": None, "email_sha256": None, "dry_run": False, **params}
        ti = SimpleNamespace(dag_id="erase_person", task_id="test")
        context = {"params": params, "run_id": "manual__test", "ti": ti}
        return self.task(kind, request_id=request_id).execute(context)  # type: ignore[arg-type]

    def sync(self, names: Collection[str] = THEIR_SYNCS) -> None:
        """Run syncs."""
        for declared in load_syncs():
            if declared.name not in names:
                continue
            limits = replace(declared.limits, requests_per_second=1000)
            sync = replace(declared, limits=limits)
            hook = DESTINATIONS[sync.destination](sync)
            ledger = Ledger(self.warehouse.client, sync, table=self.warehouse.table, run_id="manual__sync")
            plan_id = engine.plan_sync(ledger, sync)
            engine.send_changes(ledger, sync, hook, plan_id)
            engine.report_sync(ledger, sync, plan_id, run_id="manual__sync", full_resync=False, dry_run=False)

    def audience(self) -> set[str]:
        return set(self.google.audiences.get(AUDIENCE, ()))

    def request(self) -> dict[str, Any]:
        sql = "select * from erasure_requests where request_id = 'GDPR-1'"
        return self.warehouse.query(sql, "ops")[0]

    def status(self) -> str:
        return self.request()["status"]


def deliver_to_a_shop(warehouse: PrivateWarehouse) -> None:
    """Make tables of a connector with rows of Anna, of which the shop has deleted one."""
    warehouse.query(f"create schema `{warehouse.project}.a_shop_by_fivetran`")
    for name, rows in {
        "customer": f"select {ANNA} as id, true as _fivetran_deleted union all select {BERND}, false",
        "metafield": f"select 1 as id, to_json_string(struct('{ANNAS_OWN_EMAIL}' as mail)) as value",
        "product": "select 1 as id, 'a shirt' as title",
    }.items():
        warehouse.query(f"create table `{warehouse.project}.a_shop_by_fivetran.{name}` as {rows}")


@pytest.fixture(scope="module")
def story(  # noqa: PLR0915 - one story
    warehouse: PrivateWarehouse, customer: Callable[[int], str]
) -> Iterator[Story]:
    """Run the DAG's steps for Anna."""
    with (
        GoogleDataManagerServer() as google, BrazeServer() as braze, SlackServer() as slack,
        WebhookServer() as webhook, pytest.MonkeyPatch.context() as patch,
    ):  # fmt: skip
        for server in (google, braze, slack, webhook):
            patch.setattr(BrazeHook, "settling_seconds", 0.0)
            patch.setenv(f"AIRFLOW_CONN_{server.name.upper()}_DEFAULT", json.dumps(server.connection()))
        story = Story(warehouse, google, braze, customer(ANNA))
        notes = story.notes
        notes["bernds_id"] = customer(BERND)
        malformed = {"table_name": "raw_data.zendesk_users", "row_hash": "h", "copies": 1, "reason": "no id"}
        quarantined = {**malformed, "status": "quarantined", "quarantined_at": people.AT, "quarantined_run_id": "r"}
        row_json = json.dumps({"id": None, "email": ANNAS_OWN_EMAIL})
        warehouse.query(
            "insert into quarantined_rows ("
            + ", ".join([*quarantined, "row_json"])
            + ") values ("
            + ", ".join([*(json.dumps(value) for value in quarantined.values()), f"'{row_json}'"])
            + ")",
            "ops",
        )
        # Someone kept a snapshot, and a copy: nothing is declared of them.
        warehouse.query(
            f"create table copied_by_hand as select 1 as id, [struct('{ANNAS_OWN_EMAIL}' as mail)] as people", "ops"
        )
        deliver_to_a_shop(warehouse)
        notes["kinds"] = {row["kind"] for row in warehouse.identifiers()}
        story.sync()
        notes["audience_before"] = story.audience()
        notes["braze_before"] = deepcopy(braze.attributes)
        notes["webhook_before"] = deepcopy(webhook.records["/customers/health"])
        notes["before"] = warehouse.contents(EVERYWHERE)

        with pytest.raises(AirflowSkipException) as skipped:
            story.run(PlanErasureOperator, customer_id=story.annas_id, dry_run=True)
        notes["dry_run"] = str(skipped.value)
        notes["after_dry_run"] = warehouse.contents(EVERYWHERE)

        notes["xcom"] = story.run(PlanErasureOperator, identity_key=f"shopify:customer:{ANNA}")
        notes["status_planned"] = story.status()
        with pytest.raises(AirflowFailException) as another:
            story.run(PlanErasureOperator, customer_id=notes["bernds_id"])
        notes["open_for_another"] = str(another.value)
        # A day passes for the request: nothing that names her may expire before it is proven.
        notes["expiry"] = warehouse.client.get_table(
            warehouse.table("ops.erasure_identifiers")
        ).time_partitioning.expiration_ms
        story.run(PlanErasureOperator, customer_id=story.annas_id)
        with pytest.raises(AirflowException) as refused:
            story.run(RemoveFromDestinationsOperator)
        notes["refused"] = str(refused.value)
        notes["state_unconfirmed"] = story.warehouse.erasure(REQUEST).held_by_destinations(
            [warehouse.table(name) for name in ACTIVATION["state"]]
        )
        story.sync(THEIR_SYNCS - {LAST_SYNC})
        with pytest.raises(AirflowException) as not_run:
            story.run(RemoveFromDestinationsOperator)
        notes["not_run"] = str(not_run.value)
        story.sync({LAST_SYNC})
        notes["audience_after"] = story.audience()
        notes["braze_after"] = deepcopy(braze.attributes)
        notes["webhook_after"] = deepcopy(webhook.records["/customers/health"])
        story.run(RemoveFromDestinationsOperator)
        notes["status_confirmed"] = story.status()

        notes["erased"] = story.run(EraseRowsOperator)
        notes["status_erased"] = story.status()
        with pytest.raises(AirflowFailException) as found:
            story.run(ProveErasureOperator)
        notes["not_proved"] = str(found.value)
        notes["status_not_proved"] = story.status()
        warehouse.query("drop table copied_by_hand", "ops")
        notes["erased_again"] = story.run(EraseRowsOperator)
        with pytest.raises(AirflowFailException) as kept:
            story.run(ProveErasureOperator)
        notes["kept_by_connectors"] = str(kept.value)
        notes["status_kept"] = story.status()
        for table in ("customer", "metafield"):
            warehouse.query(f"delete from `{warehouse.project}.a_shop_by_fivetran.{table}` where id in (1, {ANNA})")
        notes["searched"] = story.run(ProveErasureOperator)
        notes["status_proved"] = story.status()
        notes["after"] = warehouse.contents(EVERYWHERE)
        yield story


def test_every_kind_of_id_is_looked_for(story: Story) -> None:
    """A kind that the query for a person's identifiers never gives would be declared in vain."""
    assert story.notes["kinds"] >= KINDS


def test_the_two_share_what_they_share_and_are_two_customers(story: Story) -> None:
    assert story.annas_id != story.notes["bernds_id"]
    rows = [row for row in story.notes["before"]["silver.customer_360"] if SHARED_EMAIL in row and SHARED_PHONE in row]
    assert len(rows) == 2


def test_a_dry_run_changes_nothing_and_counts(story: Story) -> None:
    assert story.notes["after_dry_run"] == story.notes["before"]
    assert "rows in" in story.notes["dry_run"]
    assert "nothing was changed" in story.notes["dry_run"]


def test_destinations_come_first(story: Story) -> None:
    """Our memory of what they hold stays until they have confirmed that they hold it no more."""
    assert story.notes["status_planned"] == "requested"
    assert set(story.notes["state_unconfirmed"]) == {
        "conversions_to_google_ads",
        "customers_to_google_ads",
        "customer_health_to_braze",
        "customer_health_to_webhook",
        "qualified_leads_to_google_ads",
    }
    assert "Destinations have not confirmed the removal" in story.notes["refused"]
    assert "airflow dags trigger activate_customers_to_google_ads" in story.notes["refused"]
    assert story.notes["not_run"].startswith(f"No run since the request: {LAST_SYNC}. ")
    assert story.notes["status_confirmed"] == "destinations_confirmed"


def test_destinations_forget_her_and_not_him(story: Story) -> None:
    hers = story.notes["audience_before"] - story.notes["audience_after"]
    assert hers, "the address with her first name"
    shared = {hashed("emailAddress", SHARED_EMAIL), hashed("phoneNumber", SHARED_PHONE)}
    assert shared <= story.notes["audience_after"], "what he still uses"
    assert {str(ANNA), str(BERND)} <= story.notes["braze_before"].keys()
    assert not story.notes["braze_after"].get(str(ANNA)), "mapped attributes are emptied"
    assert story.notes["braze_after"][str(BERND)] == story.notes["braze_before"][str(BERND)]
    assert story.notes["webhook_before"].keys() - story.notes["webhook_after"].keys() == {story.annas_id}


def test_every_step_is_written_down_without_personal_data(story: Story) -> None:
    steps = ("status_planned", "status_confirmed", "status_erased", "status_proved")
    assert [story.notes[step] for step in steps] == ["requested", "destinations_confirmed", "erased", "proven"]
    request = story.request()
    erased = request["erased_rows"]
    assert sum(erased.values()) == story.notes["erased"] + story.notes["erased_again"]
    assert erased[story.warehouse.table("silver.customer_360")] == 1
    assert request["searched_tables"] == story.notes["searched"] > 90
    assert story.annas_id not in str(request)
    assert story.notes["xcom"] == REQUEST


def test_nothing_of_her_is_left_anywhere(story: Story) -> None:
    """Read row by row, not by the proof's own search."""
    before, after = story.notes["before"], story.notes["after"]
    traces = (*ANNAS_TRACES, ANNAS_DEAL, story.annas_id)
    assert len([table for table, rows in before.items() if any(t in row for row in rows for t in traces)]) > 45
    left = {
        table for table, rows in after.items() if any(t.casefold() in row.casefold() for row in rows for t in traces)
    }
    assert left == set()


def test_nobody_else_loses_a_row(story: Story) -> None:
    traces = (*ANNAS_TRACES, ANNAS_DEAL, story.annas_id)
    for table, rows in story.notes["before"].items():
        if table.startswith("ops.") or table == "intermediate.int_identity__clusters":
            continue
        lost, gained = (
            Counter(rows) - Counter(story.notes["after"][table]),
            Counter(story.notes["after"][table]) - Counter(rows),
        )
        assert all(any(trace in row for trace in traces) for row in lost), table
        # A row that only named her is still there, without the name.
        assert len(gained) == len([row for row in lost if HOME_BROWSER in row or HOME_TABLET in row]) or not gained, (
            table
        )


def test_the_browser_at_home_stays_his_without_her_login(story: Story) -> None:
    sessions = [row for row in story.notes["after"]["bronze.ga360_sessions"] if HOME_BROWSER in row]
    assert len(sessions) == 2
    assert [str(BERND) in row for row in sessions].count(True) == 1


def test_a_device_that_resolution_gave_her_and_he_uses_too_stays_his(story: Story) -> None:
    """She alone logged in on the tablet, he ordered with it: it names nobody, and neither does a click made in it."""
    before, after = story.notes["before"], story.notes["after"]
    resolved = [row for row in before["silver.identity_map"] if HOME_TABLET in row]
    assert story.annas_id in resolved[0]
    session = next(row for row in after["bronze.ga360_sessions"] if HOME_TABLET in row)
    assert str(ANNA) not in session
    for table, trace in (("google_ads_clicks", TABLET_CLICK), ("shopify_orders", HOME_TABLET)):
        assert [row for row in after[f"bronze.{table}"] if trace in row] == [
            row for row in before[f"bronze.{table}"] if trace in row
        ]
    assert [row for row in after["silver.identity_map"] if HOME_TABLET in row] == []


def test_the_proof_finds_what_nobody_declared(story: Story) -> None:
    assert "ops.copied_by_hand: people in 1 rows" in story.notes["not_proved"]
    assert ANNAS_OWN_EMAIL not in story.notes["not_proved"]
    assert story.notes["status_not_proved"] == "erased"
    assert story.notes["erased_again"] == 0


def test_the_proof_names_what_connectors_still_have(story: Story) -> None:
    said = story.notes["kept_by_connectors"]
    assert "a_shop_by_fivetran.customer: id in 1 rows" in said
    assert "a_shop_by_fivetran.metafield: value in 1 rows" in said
    assert "product" not in said
    assert "Erase the person at shopify first" in said
    assert ANNAS_OWN_EMAIL not in said
    assert story.notes["status_kept"] == "erased"
    assert "2 rows in 2 connectors' tables are to be erased at the source" in story.notes["dry_run"]


def test_identifiers_are_forgotten(story: Story) -> None:
    assert story.notes["after"]["ops.erasure_identifiers"] == []


def test_a_proven_request_does_nothing_again(story: Story) -> None:
    for kind in (PlanErasureOperator, RemoveFromDestinationsOperator, EraseRowsOperator, ProveErasureOperator):
        with pytest.raises(AirflowSkipException, match="GDPR-1 is proven: nothing is left to be done"):
            story.run(kind, customer_id=story.annas_id)
    assert story.warehouse.contents(EVERYWHERE) == story.notes["after"]


def test_a_request_is_for_nobody_else(story: Story) -> None:
    """Whatever it has come to: a run that names another person erases nobody and is not green."""
    assert (
        "Request GDPR-1 is about another person than this customer_id; nobody was erased"
        in story.notes["open_for_another"]
    )
    for named in (
        {"customer_id": story.notes["bernds_id"]},
        {"identity_key": f"shopify:customer:{BERND}"},
        {"email_sha256": digest(SHARED_EMAIL)},
    ):
        with pytest.raises(AirflowFailException, match="is about another person"):
            story.run(PlanErasureOperator, **named)
    with pytest.raises(AirflowSkipException, match="GDPR-1 is proven"):
        story.run(PlanErasureOperator, identity_key=f"shopify:customer:{ANNA}")


def test_identifiers_of_an_open_request_do_not_expire(story: Story) -> None:
    assert story.notes["expiry"] is None


def test_a_second_request_for_her_says_who_did_it(story: Story) -> None:
    with pytest.raises(AirflowFailException, match="request GDPR-1 has erased them"):
        story.run(PlanErasureOperator, request_id="GDPR-2", customer_id=story.annas_id)
    with pytest.raises(AirflowFailException, match="request GDPR-1 has erased them"):
        story.run(PlanErasureOperator, request_id="GDPR-2", identity_key=f"shopify:customer:{ANNA}")


def test_someone_unknown_is_a_clear_error_and_changes_nothing(story: Story) -> None:
    with pytest.raises(AirflowFailException, match=r"Nobody has this email_sha256\. Check it .* Nothing was changed"):
        story.run(PlanErasureOperator, request_id="GDPR-3", email_sha256=digest("nobody@example.com"))
    with pytest.raises(AirflowFailException, match="one of identity_key, customer_id and email_sha256"):
        story.run(PlanErasureOperator, request_id="GDPR-3")
    with pytest.raises(AirflowFailException, match="Request GDPR-3 is unknown: clear plan_erasure"):
        story.run(EraseRowsOperator, request_id="GDPR-3")
    assert story.warehouse.contents(EVERYWHERE) == story.notes["after"]


def test_an_address_of_two_people_erases_neither(warehouse: PrivateWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = warehouse.erasure("GDPR-4")
    monkeypatch.setattr(Erasure, "_rows", lambda *_, **__: [{"customer_id": "c1"}, {"customer_id": "c2"}])
    with pytest.raises(PersonError, match="belongs to 2 customers, who may be people of one household: c1, c2"):
        erasure.find(Selector(email_sha256=digest(SHARED_EMAIL)))


LATER = "2026-11-20T11:00:00Z"
FORMER_STREET, CORRECTED_STREET = "12 Elm Street", "14 Oak Avenue"
SCORES = {"customer_health_scores": "customer_id", "customer_lifetime_value": "customer_id", "ml_features": "entity_id"}


def rights_task(story: Story, kind: type[PersonOperator], **params: Any) -> Any:
    """Run a task of `record_objection` or `check_rectification`."""
    params = {"customer_id": None, "identity_key": None, "email_sha256": None, "withdraw": False, **params}
    context = {"params": params, "run_id": "manual__objection", "ti": SimpleNamespace(dag_id="d", task_id="t")}
    return story.warehouse.task(kind, request_id="GDPR-5").execute(context)


def people_with(story: Story, condition: str) -> list[str]:
    sql = f"select customer_id from customer_360 where {condition} order by customer_id"
    return [row["customer_id"] for row in story.warehouse.query(sql, "silver")]


def scored(story: Story, customer_id: str) -> set[str]:
    """Return the tables that say what is expected of a customer."""
    return {
        table
        for table, column in SCORES.items()
        if any(row[column] == customer_id for row in story.warehouse.rows(table, "gold"))
    }


@pytest.fixture(scope="module")
def rebuilt(story: Story) -> dict[str, Any]:
    """Bernd and others object and are corrected; then all data land again, and everything is built.

    Returns who has objected to what, and what was there before the build.
    """
    bernd = story.notes["bernds_id"]
    granted = f"not is_unsubscribed and is_customer and customer_id != '{bernd}'"
    undecided, profiled = people_with(story, granted)[:2]
    (lead,) = story.warehouse.query(
        "select lead_id, customer_id from unified_leads "
        f"where not is_unsubscribed and customer_id not in ('{bernd}', '{undecided}', '{profiled}') order by lead_id "
        "limit 1",
        "silver",
    )
    former = {"former_sha256": digest(FORMER_STREET.lower()), "corrected_sha256": digest(CORRECTED_STREET.lower())}
    notes: dict[str, Any] = {
        "bernd": bernd, "undecided": undecided, "profiled": profiled, "lead": lead, "correction": former,
        "scores_before": scored(story, profiled), "audience_before": story.audience(),
    }  # fmt: skip
    notes["records"] = rights_task(story, RecordObjectionOperator, customer_id=bernd, purpose="marketing")
    notes["records_again"] = rights_task(story, RecordObjectionOperator, customer_id=bernd, purpose="marketing")
    rights_task(story, RecordObjectionOperator, customer_id=profiled, purpose="profiling")
    rights_task(story, RecordObjectionOperator, customer_id=lead["customer_id"], purpose="marketing")
    notes["scores_at_once"] = scored(story, profiled)
    story.sync()
    notes["audience_at_once"], notes["braze_at_once"] = story.audience(), deepcopy(story.braze.attributes)
    notes["consents"] = story.warehouse.query(f"select * from customer_360 where customer_id = '{undecided}'", "silver")
    rights_task(story, RecordObjectionOperator, customer_id=undecided, purpose="marketing")
    notes["withdrawn"] = rights_task(
        story, RecordObjectionOperator, customer_id=undecided, purpose="marketing", withdraw=True
    )
    with pytest.raises(AirflowFailException) as early:
        rights_task(story, CheckRectificationOperator, customer_id=bernd, **former)
    notes["not_corrected"] = str(early.value)

    people.land(story.warehouse)
    (shop,) = [row for row in people.raw_rows()["shopify_customers"] if row["id"] == BERND]
    (profile,) = [row for row in people.raw_rows()["braze_users"] if row["external_id"] == str(BERND)]
    later = {"_fivetran_synced": LATER}
    story.warehouse.insert(
        "shopify_customers", [{**shop, **later, "updated_at": LATER, "default_address_address1": CORRECTED_STREET}]
    )
    story.warehouse.insert("braze_users", [{**profile, **later, "email_subscribe": "opted_in"}])
    story.warehouse.build()
    return notes


def test_an_objection_holds_at_once(rebuilt: dict[str, Any]) -> None:
    assert rebuilt["records"] >= 2
    assert rebuilt["records_again"] == 0
    shared = {hashed("emailAddress", SHARED_EMAIL), hashed("phoneNumber", SHARED_PHONE)}
    assert shared <= rebuilt["audience_before"]
    assert not shared & rebuilt["audience_at_once"]
    assert not rebuilt["braze_at_once"].get(str(BERND))
    assert rebuilt["scores_before"] == set(SCORES)
    assert rebuilt["scores_at_once"] == set()


def test_an_objection_outlives_a_build_and_a_new_opt_in(story: Story, rebuilt: dict[str, Any]) -> None:
    (bernd,) = [row for row in story.warehouse.rows("customer_360", "silver") if row["customer_id"] == rebuilt["bernd"]]
    consents = [column for table in story.warehouse.tables() for column in table.consents]
    assert {column for column, value in bernd.items() if value in ("granted", "denied", "unspecified")} == set(consents)
    assert [bernd[column] for column in consents] == ["denied"] * len(consents)
    assert bernd["is_unsubscribed"] is True
    leads = {row["lead_id"]: row["is_unsubscribed"] for row in story.warehouse.rows("unified_leads", "silver")}
    assert leads[rebuilt["lead"]["lead_id"]] is True
    story.sync()
    assert hashed("emailAddress", SHARED_EMAIL) not in story.audience()
    assert not story.braze.attributes.get(str(BERND))


def test_who_objects_to_profiling_is_not_scored(story: Story, rebuilt: dict[str, Any]) -> None:
    profiles = {table.table_id for table in story.warehouse.tables() if table.is_profile}
    assert profiles == {*SCORES, "lead_scores"}
    assert scored(story, rebuilt["profiled"]) == set()
    (row,) = story.warehouse.query(f"select * from customer_360 where customer_id = '{rebuilt['profiled']}'", "silver")
    assert (row["engagement_score"], row["churn_risk_score"], row["churn_risk_category"]) == (None, None, None)
    assert row["ad_personalization"] == "denied"
    assert row["is_unsubscribed"] is False


def test_who_takes_an_objection_back_is_as_the_sources_say(story: Story, rebuilt: dict[str, Any]) -> None:
    assert rebuilt["withdrawn"] >= 1
    (row,) = story.warehouse.query(f"select * from customer_360 where customer_id = '{rebuilt['undecided']}'", "silver")
    consents = [column for table in story.warehouse.tables() for column in table.consents]
    assert {column: row[column] for column in consents} == {
        column: rebuilt["consents"][0][column] for column in consents
    }
    with pytest.raises(AirflowFailException, match="has not objected to marketing, or has taken it back already"):
        rights_task(
            story, RecordObjectionOperator, customer_id=rebuilt["undecided"], purpose="marketing", withdraw=True
        )


def test_a_correction_is_green_when_it_has_arrived_everywhere(story: Story, rebuilt: dict[str, Any]) -> None:
    former = rebuilt["not_corrected"]
    assert "The former value is still in" in former
    assert "staging.customer_360.street" in former
    assert FORMER_STREET not in former
    assert rights_task(story, CheckRectificationOperator, customer_id=rebuilt["bernd"], **rebuilt["correction"]) >= 2
    unknown = {"former_sha256": digest("a"), "corrected_sha256": digest("b")}
    with pytest.raises(AirflowFailException, match="Neither the former nor the corrected value"):
        rights_task(story, CheckRectificationOperator, customer_id=rebuilt["bernd"], **unknown)


def test_she_does_not_come_back_when_her_data_land_again(story: Story, rebuilt: dict[str, Any]) -> None:
    """The build is of raw data in which she is."""
    traces = (*ANNAS_TRACES, story.annas_id)
    assert "bronze.shopify_customers" in story.warehouse.found(traces, ["bronze"])
    assert story.warehouse.found(traces, ["intermediate", "silver", "gold"]) == set()
    customers = story.warehouse.rows("customer_360", "silver")
    assert [row["customer_id"] for row in customers if row["email"] == SHARED_EMAIL] == [story.notes["bernds_id"]]
    owners = {
        row["transaction_id"]: row["customer_id"] for row in story.warehouse.rows("unified_transactions", "silver")
    }
    assert "shopify:9100000000002" in owners
    assert owners[f"salesforce:{ANNAS_DEAL}"] is None, "the company's, where Salesforce still has it"


def test_another_salt_stops_staging_instead_of_letting_her_in(story: Story) -> None:
    salts = story.warehouse.table("secrets.erasure_salt")
    former = story.warehouse.query(f"select salt from `{salts}`")[0]["salt"]
    story.warehouse.query(f"update `{salts}` set salt = 'another' where true")
    try:
        with pytest.raises(AssertionError, match=r"secrets\.erasure_salt is not the one"):
            story.warehouse.dbt("run", "--select", "stg_zendesk__users", start=LAST_DAY, end=LAST_DAY)
    finally:
        story.warehouse.query(f"update `{salts}` set salt = '{former}' where true")
