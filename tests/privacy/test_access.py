"""Who sees what: views, row access policies and policy tags, set and read back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.privacy.access import Access, AccessError, load_row_policies
from martech.privacy.operators import (
    AccessOperator,
    ProveAccessOperator,
    PublishViewsOperator,
    SetRowPoliciesOperator,
    TagColumnsOperator,
)

from include.pipeline.settings import SQL_DIR, SettingsError, load_settings
from tests.dbt.dbt_warehouse import LAST_DAY
from tests.privacy.conftest import PrivateWarehouse

ANALYSTS = "group:analysts@example.com"
PIPELINE = "user:anonymous@bqemulator.local"  # whom the embedded warehouse takes everyone for who says nothing
TAG = "projects/built-sample/locations/us/taxonomies/1/policyTags/2"
CONTEXT: dict[str, Any] = {"ti": SimpleNamespace(dag_id="govern_access", task_id="test"), "run_id": "manual__test"}


@pytest.fixture
def make(warehouse: PrivateWarehouse) -> Callable[..., AccessOperator]:
    """Return a function that makes one of the DAG's tasks."""

    def operator(kind: type[AccessOperator], **changes: Any) -> AccessOperator:
        declared = {"analysts": (ANALYSTS,), "pipeline_account": PIPELINE, "policy_tag": None, **changes}
        return kind(
            task_id="test",
            project_id=warehouse.project,
            location="US",
            load_tables=warehouse.tables,
            sql_dir=SQL_DIR / "privacy",
            sql_context=warehouse.sql_context,
            **declared,
        )

    return operator


@pytest.fixture
def governed(warehouse: PrivateWarehouse, make: Callable[..., AccessOperator]) -> Iterator[None]:
    """Set all access, and take the row access policies away in the end."""
    for kind in (PublishViewsOperator, SetRowPoliciesOperator):
        make(kind).execute(CONTEXT)
    yield
    for policy in make(SetRowPoliciesOperator).row_policies():
        warehouse.query(f"drop row access policy if exists {policy.policy_id} on `{policy.table}`")


@pytest.fixture
def analyst(warehouse: PrivateWarehouse) -> bigquery.Client:
    """Return a client of one of the analysts."""
    client = bigquery.Client(warehouse.project, credentials=AnonymousCredentials())
    client._http.headers.update({"x-bqemu-caller": "user:ada@example.com", "x-bqemu-groups": "analysts@example.com"})
    return client


@pytest.mark.usefixtures("governed")
class TestGoverned:
    def test_what_was_set_is_read_back_also_the_second_time(self, make: Callable[..., AccessOperator]) -> None:
        for kind in (PublishViewsOperator, SetRowPoliciesOperator, ProveAccessOperator):
            make(kind).execute(CONTEXT)

    def test_analysts_see_whom_they_may_contact(self, warehouse: PrivateWarehouse, analyst: bigquery.Client) -> None:
        sql = f"select is_unsubscribed, count(*) as people from `{warehouse.table('silver.customer_360')}` group by 1"
        everyone = {row["is_unsubscribed"]: row["people"] for row in warehouse.client.query(sql).result()}
        seen = {row["is_unsubscribed"]: row["people"] for row in analyst.query(sql).result()}
        assert everyone[True] > 0
        assert seen == {key: people for key, people in everyone.items() if key is not True}

    def test_views_hold_people_and_nothing_that_names_them(
        self, warehouse: PrivateWarehouse, analyst: bigquery.Client
    ) -> None:
        rows = list(analyst.query(f"select * from `{warehouse.table('analytics.customer_360')}`").result())
        assert rows
        columns = {field.name for field in warehouse.client.get_table(warehouse.table("analytics.customer_360")).schema}
        assert {"customer_id", "total_revenue", "email_hash"} <= columns
        assert not columns & {"email", "phone", "full_name", "first_name", "last_name", "street", "postal_code"}

    def test_a_policy_that_is_gone_is_named(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator]
    ) -> None:
        """As after a build: BigQuery drops row access policies with the table that dbt replaces."""
        table = warehouse.table("silver.customer_360")
        warehouse.query(f"drop row access policy analysts_see_contactable on `{table}`")
        with pytest.raises(AirflowFailException, match="customer_360 lacks the row access policy analysts_see_contact"):
            make(ProveAccessOperator).execute(CONTEXT)
        make(SetRowPoliciesOperator).execute(CONTEXT)
        make(ProveAccessOperator).execute(CONTEXT)

    def test_an_authorisation_that_is_gone_is_named(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator]
    ) -> None:
        dataset = warehouse.client.get_dataset(warehouse.table("silver.x").rpartition(".")[0])
        kept = bigquery.AccessEntry("OWNER", "userByEmail", "someone@example.com")
        dataset.access_entries = [kept]
        warehouse.client.update_dataset(dataset, ["access_entries"])
        with pytest.raises(
            AirflowFailException, match=r"staging does not authorise the view .*analytics\.customer_360"
        ):
            make(ProveAccessOperator).execute(CONTEXT)
        make(PublishViewsOperator).execute(CONTEXT)
        make(ProveAccessOperator).execute(CONTEXT)
        entries = warehouse.client.get_dataset(dataset.reference).access_entries
        assert kept in entries, "the entries of others stay"

    def test_a_reader_that_is_gone_is_named(self, make: Callable[..., AccessOperator]) -> None:
        newcomer = make(ProveAccessOperator, analysts=(ANALYSTS, "group:interns@example.com"))
        with pytest.raises(AirflowFailException, match=r"analytics cannot be read by group:interns@example\.com"):
            newcomer.execute(CONTEXT)

    def test_a_view_that_shows_personal_data_is_named(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator]
    ) -> None:
        view = warehouse.table("analytics.customer_360")
        warehouse.query(f"create or replace view `{view}` as select * from `{warehouse.table('silver.customer_360')}`")
        with pytest.raises(AirflowFailException, match=r"analytics\.customer_360 shows email\b"):
            make(ProveAccessOperator).execute(CONTEXT)


def test_without_analysts_and_tag_nothing_is_set(make: Callable[..., AccessOperator]) -> None:
    with pytest.raises(AirflowSkipException, match="MARKETING_ANALYSTS is not set"):
        make(SetRowPoliciesOperator, analysts=()).execute(CONTEXT)
    with pytest.raises(AirflowSkipException, match="MARKETING_PII_POLICY_TAG is not set"):
        make(TagColumnsOperator).execute(CONTEXT)


def test_analysts_need_a_pipeline_that_keeps_seeing_all_rows() -> None:
    with pytest.raises(SettingsError, match="MARKETING_ANALYSTS needs MARKETING_PIPELINE_ACCOUNT"):
        load_settings({"MARKETING_ANALYSTS": ANALYSTS})
    with pytest.raises(SettingsError, match="'analysts' is no principal"):
        load_settings({"MARKETING_ANALYSTS": "analysts", "MARKETING_PIPELINE_ACCOUNT": PIPELINE})
    with pytest.raises(SettingsError, match="MARKETING_PII_POLICY_TAG='pii' is no policy tag"):
        load_settings({"MARKETING_PII_POLICY_TAG": "pii"})


def test_another_statement_is_no_row_access_policy(tmp_path: Any) -> None:
    file = tmp_path / "t.sql"
    file.write_text("drop table `p.d.t`;")
    with pytest.raises(AccessError, match="write `create or replace row access policy"):
        load_row_policies([file], {})


class RecordingClient:
    """Tables of the real client; keeps what is to be updated, since the embedded warehouse knows no policy tags."""

    def __init__(self, client: bigquery.Client) -> None:
        self.get_table = client.get_table
        self.updates: list[tuple[bigquery.Table, list[str]]] = []

    def update_table(self, table: bigquery.Table, fields: list[str]) -> None:
        self.updates.append((table, fields))


def test_every_personal_column_is_tagged_and_nothing_else_changes(warehouse: PrivateWarehouse) -> None:
    recording = RecordingClient(warehouse.client)
    tagged = set(Access(recording).tag_columns(warehouse.tables(), TAG))  # type: ignore[arg-type]
    expected = {f"{table.dataset_id}.{table.table_id}.{column}" for table in warehouse.tables() for column in table.pii}
    assert tagged == expected
    for table, fields in recording.updates:
        assert fields == ["schema"]
        before = warehouse.client.get_table(table.reference).schema
        without = [{**field.to_api_repr(), "policyTags": None} for field in table.schema]
        assert without == [{**field.to_api_repr(), "policyTags": None} for field in before]
        for field in table.schema:
            wanted = (TAG,) if f"{table.dataset_id}.{table.table_id}.{field.name}" in expected else ()
            assert (field.policy_tags.names if field.policy_tags else ()) == wanted


@pytest.fixture
def recorder(warehouse: PrivateWarehouse) -> Iterator[SimpleNamespace]:
    """Serve the embedded warehouse under another address, and keep the schemas that are sent."""
    schemas: dict[str, dict[str, Any]] = {}

    class Handler(BaseHTTPRequestHandler):
        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.command == "PATCH" and "/tables/" in self.path and "schema" in (sent := json.loads(body)):
                schemas[self.path.rpartition("/")[2].partition("?")[0]] = sent["schema"]
            answer = requests.request(
                self.command, warehouse.url + self.path, data=body, timeout=120,
                headers={key: value for key, value in self.headers.items() if key.lower() != "host"},
            )  # fmt: skip
            self.send_response(answer.status_code)
            for key in ("Content-Type", "Location", "ETag"):
                if key in answer.headers:
                    self.send_header(key, answer.headers[key])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _forward  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}", schemas=schemas)
    server.shutdown()


def test_dbt_tags_what_it_builds(
    warehouse: PrivateWarehouse, recorder: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a table that dbt replaces would be without its tags until the next run of govern_access."""
    monkeypatch.setenv("MARKETING_PII_POLICY_TAG", TAG)
    work = warehouse.work / "tags"
    dbt = replace(warehouse, url=recorder.url, work=work)
    dbt.dbt("run", "--select", "int_customers__keys", "customer_timeline", start=LAST_DAY, end=LAST_DAY)
    fields = {field["name"]: field.get("policyTags") for field in recorder.schemas["int_customers__keys"]["fields"]}
    assert fields["identity_key"] == {"names": [TAG]}
    assert not (fields["customer_id"] or {}).get("names")
    view = recorder.schemas["customer_timeline"]["fields"]
    assert not [field for field in view if (field.get("policyTags") or {}).get("names")], "views cannot be tagged"
