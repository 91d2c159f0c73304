"""Anna asks what is known of her: everything that is hers is in the files, and nothing of anybody else."""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from google.cloud import bigquery
from martech.privacy.export_operators import DeleteOldExportsOperator, ExportPersonOperator

from include.pipeline.settings import settings
from include.privacy.person_dags import layers_by_dataset, recipients
from tests.privacy import people
from tests.privacy.conftest import PrivateWarehouse
from tests.privacy.people import ANNA, ANNAS_OWN_EMAIL, ANNAS_TRACES, BERND, HOME_BROWSER, HOME_TABLET

REQUEST = "GDPR-118"
SYNC = "customer_health_to_braze"
BERNDS = (str(BERND), "9100000000002", "9300000000002", "b-bernd", "Bernd", "1979-08-21")
# Where the sources say who somebody is, whatever our declarations say.
NAMING = {
    "shopify_customers": ("id", "email", "phone"),
    "braze_users": ("external_id", "email", "phone"),
    "zendesk_users": ("id", "email", "phone"),
    "salesforce_contacts": ("id", "email", "phone", "mobile_phone"),
    "salesforce_leads": ("id", "email", "phone", "mobile_phone"),
    "firebase_users": ("user_pseudo_id", "email"),
    "ga360_sessions": ("full_visitor_id",),
}


def leaves(value: Any) -> Iterator[str]:
    """Return every value in nested JSON as text, numbers in one form."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    elif isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, int | float):
        yield f"{value:g}" if abs(value) < 1e6 else str(int(value))
    elif value not in (None, ""):
        yield str(value)


def annas_raw_rows() -> list[dict[str, Any]]:
    """Return her rows as they landed; rows of browsers at home only name her."""
    rows = [row for rows in people.raw_rows().values() for row in rows]
    shared = (HOME_BROWSER, HOME_TABLET)
    return [
        row
        for row in rows
        if set(leaves(row)) & set(ANNAS_TRACES) and not set(leaves(row)) & set(shared) and str(BERND) not in str(row)
    ]


class Exporting:
    """Exports people from a warehouse to a folder."""

    def __init__(self, warehouse: PrivateWarehouse, folder: Path) -> None:
        self.warehouse = warehouse
        self.folder = folder

    def run(self, *, request_id: str = REQUEST, **params: Any) -> str:
        context = {
            "params": {"customer_id": None, "identity_key": None, "email_sha256": None, **params},
            "run_id": "manual__test",
            "ti": SimpleNamespace(dag_id="export_person", task_id="test"),
        }
        return self.warehouse.task(
            ExportPersonOperator,
            request_id=request_id,
            export_uri=self.folder.as_uri(),
            layers=layers_by_dataset(),
            load_recipients=recipients,
            load_connectors=lambda: {"a_shop_by_fivetran": "shopify"},
        ).execute(context)  # type: ignore[arg-type]

    def files(self, request_id: str = REQUEST) -> tuple[dict[str, Any], str]:
        """Return the JSON and the page of a request."""
        (folder,) = self.folder.glob(f"*_{request_id}")
        return json.loads((folder / "person.json").read_text()), (folder / "person.html").read_text()


@pytest.fixture(scope="module")
def exporting(warehouse: PrivateWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Exporting:
    return Exporting(warehouse, tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def exported(
    exporting: Exporting, customer: Callable[[int], str]
) -> tuple[dict[str, Any], str, str, list[logging.LogRecord]]:
    """Export Anna, and return both files, what went to XCom, and the log."""
    warehouse = exporting.warehouse
    for shopify_id in (ANNA, BERND):
        warehouse.query(
            "insert into activation_state (sync_name, record_key, person_key, content_hash, field_hashes, sent_at, "
            f"run_id) values ('{SYNC}', '{shopify_id}', '{customer(shopify_id)}', 'c', '{{}}', '{people.AT}', 'r')",
            "ops",
        )
    warehouse.query(f"create schema `{warehouse.project}.a_shop_by_fivetran`")
    warehouse.query(
        f"create table `{warehouse.project}.a_shop_by_fivetran.customer` as "
        f"select {ANNA} as id union all select {BERND}"
    )
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        uri = exporting.run(identity_key=f"shopify:customer:{ANNA}")
    finally:
        logging.getLogger().removeHandler(handler)
    return *exporting.files(), uri, records


def test_every_value_that_landed_of_her_is_in_both_files(exported: tuple[Any, ...]) -> None:
    data, page, *_ = exported
    found, text = set(leaves(data["tables"])), html.unescape(page)
    rows = annas_raw_rows()
    assert len(rows) > 10
    for row in rows:
        missing = set(leaves(row)) - found
        assert not missing, missing
        assert all(value in text for value in leaves(row) if len(value) > 3)
    assert ANNAS_OWN_EMAIL in text


def test_all_layers_are_in_it_with_what_they_mean(exported: tuple[Any, ...]) -> None:
    data = exported[0]
    assert {table["layer"] for table in data["tables"]} == {"bronze", "intermediate", "silver", "gold", "ops"}
    assert all(table["description"] for table in data["tables"])
    (profile,) = [table for table in data["tables"] if table["name"].endswith(".customer_360")]
    assert len(profile["rows"]) == 1
    assert all(profile["columns"][column] for column in profile["rows"][0])
    (orders,) = [table for table in data["tables"] if table["name"].endswith(".shopify_orders")]
    assert orders["kept_days"] == settings.layers["bronze"].retention_days


def test_nothing_of_anybody_else_is_in_it(
    exported: tuple[Any, ...], exporting: Exporting, customer: Callable[[int], str]
) -> None:
    data, page, *_ = exported
    written = json.dumps(data)
    assert not [text for text in (*BERNDS, customer(BERND)) if text in written or text in page]
    hers = {value for row in annas_raw_rows() for value in leaves(row)} | {HOME_BROWSER, HOME_TABLET}
    columns = [
        f"select cast({column} as string) as value from {table} "
        f"where {exporting.warehouse.every_partition(f'bronze.{table}')}"
        for table, names in NAMING.items()
        for column in names
    ]
    everybody = {row["value"] for row in exporting.warehouse.query(" union distinct ".join(columns), "bronze")}
    others = everybody - hers - {None}
    assert len(others) > 150
    assert others & set(leaves(data)) == set()


def test_what_was_sent_and_where_others_rows_name_her_is_said(exported: tuple[Any, ...]) -> None:
    data, page, *_ = exported
    (recipient,) = data["recipients"]
    assert (recipient["sync"], recipient["destination"]) == (SYNC, "braze users")
    assert "health_score" in recipient["fields"]
    mentions = {(row["name"], row["column_name"], row["value"], row["row_count"]) for row in data["mentions"]}
    assert ("raw_data.ga360_sessions", "user_id", str(ANNA), 2) in mentions
    assert [(name.partition(".")[2], rows) for name, rows in data["connectors"].items()] == [
        ("a_shop_by_fivetran.customer", 1)
    ]
    assert "a_shop_by_fivetran.customer" in page


def test_nothing_personal_leaves_the_files(exported: tuple[Any, ...], exporting: Exporting) -> None:
    _, page, uri, records = exported
    ledger = exporting.warehouse.query("select * from person_exports", "ops")
    assert [row["request_id"] for row in ledger] == [REQUEST]
    said = "\n".join([uri, str(ledger), *(record.getMessage() for record in records)])
    assert REQUEST in said
    assert not [trace for trace in ANNAS_TRACES if trace in said]
    assert "<script" not in page
    (folder,) = exporting.folder.glob("*")
    assert folder.stat().st_mode & 0o077 == 0


def test_a_request_is_for_nobody_else(exported: tuple[Any, ...], exporting: Exporting) -> None:
    before = exporting.files()
    with pytest.raises(AirflowFailException, match=r"GDPR-118 has exported another person; nothing was written"):
        exporting.run(identity_key=f"shopify:customer:{BERND}")
    assert exporting.files() == before
    with pytest.raises(AirflowFailException, match="Nobody has this customer_id"):
        exporting.run(request_id="GDPR-119", customer_id="nobody")


def test_a_person_of_the_sample_gets_what_their_sources_have(exporting: Exporting) -> None:
    """The customer of most sources; their rows are read by the sources' own keys."""
    warehouse = exporting.warehouse
    (most,) = warehouse.query(
        "select customer_id, array_agg(identity_key) as identity_keys from identity_map "
        "where source_entity in ('customer', 'contact', 'lead', 'user') and source not in ('firebase', 'ga360') "
        "group by customer_id order by count(distinct source) desc, customer_id limit 1",
        "silver",
    )
    exporting.run(request_id="sample", customer_id=most["customer_id"])
    found = set(leaves(exporting.files("sample")[0]["tables"]))
    tables = {
        "shopify:customer": ("shopify_customers", "id"),
        "braze:user": ("braze_users", "external_id"),
        "zendesk:user": ("zendesk_users", "id"),
        "salesforce:contact": ("salesforce_contacts", "id"),
        "salesforce:lead": ("salesforce_leads", "id"),
    }
    keys = [key.rsplit(":", 1) for key in most["identity_keys"]]
    assert len({kind for kind, _ in keys}) >= 3
    for kind, record_id in keys:
        table, column = tables[kind]
        sql = (
            f"select to_json_string(t) as line from {table} as t where cast({column} as string) = @record_id "
            f"and {warehouse.every_partition(f'bronze.{table}')}"
        )
        config = bigquery.QueryJobConfig(
            query_parameters=[bigquery.ScalarQueryParameter("record_id", "STRING", record_id)],
            default_dataset=f"{warehouse.project}.{settings.layers['bronze'].dataset}",
        )
        rows = [json.loads(row["line"]) for row in warehouse.client.query(sql, job_config=config).result()]
        assert rows
        assert not [value for row in rows for value in leaves(row) if value not in found]


def test_exports_live_for_as_long_as_declared(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    days = settings.variables["export_days"]
    for age in (0, days, days + 1):
        folder = tmp_path / f"{today - timedelta(days=age)}_GDPR-{age}"
        folder.mkdir()
        (folder / "person.json").write_text("{}")
    (tmp_path / "something else").mkdir()
    delete = DeleteOldExportsOperator(task_id="test", export_uri=tmp_path.as_uri(), days=days, gcp_conn_id="none")
    assert delete.execute({}) == 1
    assert sorted(path.name.partition("_")[2] for path in tmp_path.iterdir()) == ["", "GDPR-0", f"GDPR-{days}"]
    none = DeleteOldExportsOperator(
        task_id="test", export_uri=(tmp_path / "nothing").as_uri(), days=days, gcp_conn_id="none"
    )
    assert none.execute({}) == 0
