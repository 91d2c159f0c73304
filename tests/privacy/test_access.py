"""Who sees what: views, row access policies and policy tags, set and read back."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
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
from martech.privacy.access_operators import (
    AccessOperator,
    ProveAccessOperator,
    PublishViewsOperator,
    RemoveReadersOperator,
    SetRowPoliciesOperator,
    TagColumnsOperator,
)
from martech.privacy.analyst_views import plain_url
from martech.warehouse.ddl import render

from include.pipeline.settings import SQL_DIR, SettingsError, load_settings
from include.privacy.declared_views import analyst_views, view_statements
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
            load_views=lambda: view_statements(
                analyst_views(warehouse.tables(), warehouse.table, manifest=warehouse.manifest), warehouse.table
            ),
            table=warehouse.table,
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
    for table in make(SetRowPoliciesOperator).tables_with_policies():
        for name in Access(warehouse.client)._filters(table):
            warehouse.query(f"drop row access policy {name} on `{table}`")


def client_of(warehouse: PrivateWarehouse, group: str) -> bigquery.Client:
    """Return a client of a member of a group."""
    client = bigquery.Client(warehouse.project, credentials=AnonymousCredentials())
    client._http.headers.update({"x-bqemu-caller": "user:ada@example.com", "x-bqemu-groups": group})
    return client


@pytest.fixture
def analyst(warehouse: PrivateWarehouse) -> bigquery.Client:
    """Return a client of one of the analysts."""
    return client_of(warehouse, "analysts@example.com")


@pytest.mark.usefixtures("governed")
class TestGoverned:
    def test_what_was_set_is_read_back_also_the_second_time(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator]
    ) -> None:
        dataset = warehouse.table("silver.x").rpartition(".")[0]
        before = warehouse.client.get_dataset(dataset).access_entries
        for kind in (PublishViewsOperator, SetRowPoliciesOperator, ProveAccessOperator):
            make(kind).execute(CONTEXT)
        assert before
        assert warehouse.client.get_dataset(dataset).access_entries == before, "nothing is granted twice"

    def test_analysts_see_whom_they_may_contact(self, warehouse: PrivateWarehouse, analyst: bigquery.Client) -> None:
        sql = f"select is_unsubscribed, count(*) as people from `{warehouse.table('silver.customer_360')}` group by 1"
        everyone = {row["is_unsubscribed"]: row["people"] for row in warehouse.client.query(sql).result()}
        seen = {row["is_unsubscribed"]: row["people"] for row in analyst.query(sql).result()}
        assert everyone[True] > 0
        assert seen == {key: people for key, people in everyone.items() if key is not True}

    @pytest.mark.parametrize("analysts", [(), (ANALYSTS,)])
    def test_readers_of_tables_see_whom_they_may_contact_and_nobody_else_sees_anybody(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator], analysts: tuple[str, ...]
    ) -> None:
        readers = {"analysts": analysts, "table_readers": ("group:scientists@example.com",)}
        make(SetRowPoliciesOperator, **readers).execute(CONTEXT)
        for table in make(SetRowPoliciesOperator).tables_with_policies():
            sql = f"select count(*) as people, countif(is_unsubscribed) as opted_out from `{table}`"
            (everybody,) = warehouse.client.query(sql).result()
            (seen,) = client_of(warehouse, "scientists@example.com").query(sql).result()
            (others,) = client_of(warehouse, "pii-readers@example.com").query(sql).result()
            assert (seen.people, seen.opted_out) == (everybody.people - everybody.opted_out, 0), table
            assert others.people == 0, "a policy tag's role shows columns, and no rows"

    def test_views_hold_people_and_nothing_that_names_them(
        self, warehouse: PrivateWarehouse, analyst: bigquery.Client
    ) -> None:
        rows = list(analyst.query(f"select * from `{warehouse.table('analytics.customer_360')}`").result())
        assert rows
        columns = {field.name for field in warehouse.client.get_table(warehouse.table("analytics.customer_360")).schema}
        assert {"customer_id", "total_revenue", "country"} <= columns
        assert not columns & {
            "email",
            "email_hash",
            "phone_hash",
            "phone",
            "full_name",
            "first_name",
            "last_name",
            "street",
            "postal_code",
        }

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
        with pytest.raises(AirflowFailException, match=r"analytics\.customer_360 is not the view that is declared"):
            make(ProveAccessOperator).execute(CONTEXT)

    @pytest.mark.parametrize(
        "columns",
        [
            "customer_id, email as contact",
            "customer_id, struct(email as mail) as contact",
            "customer_id, to_json(struct(email)) as contact",
            "customer_id, [phone] as numbers",
        ],
    )
    def test_a_view_that_shows_personal_data_by_another_name_is_named(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator], columns: str
    ) -> None:
        view, table = warehouse.table("analytics.customer_360"), warehouse.table("silver.customer_360")
        warehouse.query(f"create or replace view `{view}` as select {columns} from `{table}`")
        with pytest.raises(AirflowFailException, match=r"analytics\.customer_360 is not the view that is declared"):
            make(ProveAccessOperator).execute(CONTEXT)

    def test_a_view_that_nobody_declared_is_named(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator]
    ) -> None:
        view, table = warehouse.table("analytics.all_of_them"), warehouse.table("silver.customer_360")
        warehouse.query(f"create view `{view}` as select email from `{table}`")
        with pytest.raises(AirflowFailException, match=r"analytics\.all_of_them is declared nowhere"):
            make(ProveAccessOperator).execute(CONTEXT)
        warehouse.query(f"drop view `{view}`")

    def test_a_policy_that_shows_more_or_is_for_others_is_named(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator]
    ) -> None:
        table = warehouse.table("silver.customer_360")
        rewritten = (
            "create or replace row access policy analysts_see_contactable on `{}` grant to ({}) filter using ({})"
        )
        for grantees, condition, said in (
            (f"'{ANALYSTS}'", "true", r"shows rows where true"),
            ("'group:interns@example.com'", "is_unsubscribed is not true", "differs in whom it is for: .*interns"),
        ):
            warehouse.query(rewritten.format(table, grantees, condition))
            with pytest.raises(AirflowFailException, match=said):
                make(ProveAccessOperator).execute(CONTEXT)
        make(SetRowPoliciesOperator).execute(CONTEXT)
        make(ProveAccessOperator).execute(CONTEXT)

    def test_who_is_no_analyst_any_more_loses_access(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator]
    ) -> None:
        others = {"analysts": ("group:newcomers@example.com",)}
        make(PublishViewsOperator, **others).execute(CONTEXT)
        make(SetRowPoliciesOperator, **others).execute(CONTEXT)
        with pytest.raises(AirflowFailException, match=r"analytics can be read by analysts@example\.com \(READER\)"):
            make(ProveAccessOperator, **others).execute(CONTEXT)
        make(RemoveReadersOperator, **others).execute(CONTEXT)
        make(ProveAccessOperator, **others).execute(CONTEXT)

    def test_without_analysts_nobody_keeps_what_they_had(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator]
    ) -> None:
        nobody: dict[str, Any] = {"analysts": ()}
        with pytest.raises(AirflowFailException, match="analysts_see_contactable that is not declared"):
            make(ProveAccessOperator, **nobody).execute(CONTEXT)
        make(RemoveReadersOperator, **nobody).execute(CONTEXT)
        with pytest.raises(AirflowSkipException, match="MARKETING_ANALYSTS and MARKETING_TABLE_READERS are not set"):
            make(SetRowPoliciesOperator, **nobody).execute(CONTEXT)
        make(ProveAccessOperator, **nobody).execute(CONTEXT)
        dataset = warehouse.client.get_dataset(warehouse.table("analytics.x").rpartition(".")[0])
        assert "analysts@example.com" not in {entry.entity_id for entry in dataset.access_entries}

    @pytest.mark.parametrize(
        "everybody", [("specialGroup", "allAuthenticatedUsers"), ("specialGroup", "projectReaders")]
    )
    def test_who_nobody_declared_loses_access(
        self, warehouse: PrivateWarehouse, make: Callable[..., AccessOperator], everybody: tuple[str, str]
    ) -> None:
        stranger = bigquery.AccessEntry("READER", *everybody)
        owner = bigquery.AccessEntry("OWNER", "userByEmail", "someone@example.com")
        names = [warehouse.table(f"{layer}.x").rpartition(".")[0] for layer in ("bronze", "silver", "ops")]
        for name in names:
            dataset = warehouse.client.get_dataset(name)
            dataset.access_entries = [*dataset.access_entries, stranger, owner]
            warehouse.client.update_dataset(dataset, ["access_entries"])
        with pytest.raises(AirflowFailException, match=rf"raw_data can be read by {everybody[1]}"):
            make(ProveAccessOperator).execute(CONTEXT)
        make(RemoveReadersOperator, removes_undeclared=False).execute(CONTEXT)
        make(ProveAccessOperator, removes_undeclared=False).execute(CONTEXT)
        assert stranger in warehouse.client.get_dataset(names[0]).access_entries, "reported, and not removed"
        make(RemoveReadersOperator).execute(CONTEXT)
        make(ProveAccessOperator).execute(CONTEXT)
        for name in names:
            entries = warehouse.client.get_dataset(name).access_entries
            assert stranger not in entries
            assert owner in entries


def rows_of_views(warehouse: PrivateWarehouse, client: bigquery.Client) -> dict[str, list[dict[str, Any]]]:
    """Return all that analysts can read, by view."""
    dataset = warehouse.table("analytics.x").rpartition(".")[0]
    return {
        item.table_id: [dict(row) for row in client.query(f"select * from `{dataset}.{item.table_id}`").result()]
        for item in warehouse.client.list_tables(dataset)
    }


@pytest.mark.usefixtures("governed")
class TestWhatAnalystsSee:
    @pytest.fixture
    def seen(self, warehouse: PrivateWarehouse, analyst: bigquery.Client) -> dict[str, list[dict[str, Any]]]:
        return rows_of_views(warehouse, analyst)

    def test_nobody_who_opted_out_is_in_any_view(
        self, warehouse: PrivateWarehouse, seen: dict[str, list[dict[str, Any]]]
    ) -> None:
        key, people = warehouse.table("secrets.pseudonym_key"), warehouse.table("silver.customer_360")
        pseudonym = f"left(to_hex(sha256(concat((select max(secret) from `{key}`), 'customer:', customer_id))), 32)"
        sql = f"select {pseudonym} as id, is_unsubscribed is true as is_out from `{people}`"
        rows = list(warehouse.query(sql))
        gone = {row["id"] for row in rows if row["is_out"]}
        there = {row["id"] for row in rows if not row["is_out"]}
        assert gone
        assert there
        with_customers = {name: found for name, found in seen.items() if found and "customer_id" in found[0]}
        assert len(with_customers) == 10
        for name, found in with_customers.items():
            customers = {row["customer_id"] for row in found}
            assert customers & there, f"{name} shows nobody"
            assert not customers & gone, f"{name} shows people who opted out"

    def test_nothing_that_names_anybody_is_in_any_view(
        self, warehouse: PrivateWarehouse, seen: dict[str, list[dict[str, Any]]]
    ) -> None:
        """By values, not by names of columns: every identifier of every person, in the text of every row."""
        everybody = render(SQL_DIR / "privacy" / "person_identifiers.sql", warehouse.sql_context)
        everybody = everybody.replace("@customer_id", "customer_id")
        values = {str(row["value"]) for row in warehouse.query(f"select distinct value from ({everybody})")}
        values |= {part for value in values for part in [value.rpartition(":")[2]]}
        people = warehouse.query(f"select full_name, street from `{warehouse.table('silver.customer_360')}`")
        values |= {str(row[column]) for row in people for column in ("full_name", "street") if row[column]}
        long = {value.casefold() for value in values if len(value) >= 6}
        assert len(long) > 1000
        for name, found in seen.items():
            for row in found:
                words = set(re.split(r"[^\w@.+:-]+", json.dumps(row, default=str).casefold()))
                assert not words & long, f"{name}: {sorted(words & long)}"
                texts = [str(value).casefold() for value in row.values() if isinstance(value, str)]
                assert not [text for text in texts if text in long], name

    def test_nobody_is_alone_with_what_may_single_them_out(self, seen: dict[str, list[dict[str, Any]]]) -> None:
        views = {view.table.table_id: view for view in analyst_views()}
        for name in ("customer_360", "unified_leads"):
            view = views[name]
            alike = Counter(tuple(row[column] for column in view.shared) for row in seen[name])
            assert min(alike.values()) >= view.k, (name, alike.most_common()[-1])
            # Of seven leads nothing can be shown, of fifty customers something is.
            assert len(alike) > 1 or len(seen[name]) < 2 * view.k, "nothing is left to be seen"

    def test_pseudonyms_join_and_last(
        self, warehouse: PrivateWarehouse, seen: dict[str, list[dict[str, Any]]], make: Callable[..., AccessOperator]
    ) -> None:
        customers = {row["customer_id"] for row in seen["customer_360"]}
        assert {row["customer_id"] for row in seen["customer_lifetime_value"]} <= customers
        orders = {row["transaction_id"] for row in seen["unified_transactions"]}
        assert {row["transaction_id"] for row in seen["marketing_attribution"]} <= orders
        make(PublishViewsOperator).execute(CONTEXT)
        again = rows_of_views(warehouse, warehouse.client)
        assert {row["customer_id"] for row in again["customer_360"]} == customers
        keys = warehouse.query(f"select count(*) as n from `{warehouse.table('secrets.pseudonym_key')}`")
        assert keys[0]["n"] == 1


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example/sale?utm_source=google&gclid=Cj0K&utm_campaign=autumn", "https://shop.example/sale?utm_source=google&utm_campaign=autumn"),
        ("/p/red-shirt", "/p/red-shirt"),
        ("/unsubscribe/anna@example.com", "/unsubscribe/*"),
        ("/unsubscribe/anna%40example.com/now", "/unsubscribe/*/now"),
        ("/?email=anna@example.com", "/"),
        ("/a?utm_source=anna%40example.com&utm_medium=email", "/a?utm_medium=email"),
        ("/orders/9100000000002", "/orders/*"),
        ("/reset/3f2a9c1e77b04d", "/reset/*"),
        ("/a#access_token=abc", "/a"),
        (None, None),
    ],
)  # fmt: skip
def test_urls_keep_path_and_campaign(warehouse: PrivateWarehouse, url: str | None, shown: str | None) -> None:
    value = "cast(null as string)" if url is None else f"'{url}'"
    assert warehouse.query(f"select {plain_url('url')} as shown from (select {value} as url)")[0]["shown"] == shown


def test_without_analysts_and_tag_nothing_is_set(make: Callable[..., AccessOperator]) -> None:
    with pytest.raises(AirflowSkipException, match="MARKETING_ANALYSTS and MARKETING_TABLE_READERS are not set"):
        make(SetRowPoliciesOperator, analysts=()).execute(CONTEXT)
    with pytest.raises(AirflowSkipException, match="MARKETING_PII_POLICY_TAG is not set"):
        make(TagColumnsOperator).execute(CONTEXT)


def test_analysts_need_a_pipeline_that_keeps_seeing_all_rows() -> None:
    with pytest.raises(SettingsError, match="MARKETING_ANALYSTS needs MARKETING_PIPELINE_ACCOUNT"):
        load_settings({"MARKETING_ANALYSTS": ANALYSTS})
    with pytest.raises(SettingsError, match="MARKETING_TABLE_READERS needs MARKETING_PIPELINE_ACCOUNT"):
        load_settings({"MARKETING_TABLE_READERS": ANALYSTS})
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
