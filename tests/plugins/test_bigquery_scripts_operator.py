from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from google.api_core.exceptions import Forbidden
from google.cloud import bigquery
from martech.warehouse.ddl import DdlError
from martech.warehouse.operators import BigQueryScriptsOperator

from tests.plugins.sample import PROJECT, Dataset

TABLE = """
create table if not exists `{{ project_id }}.{{ dataset }}.orders` (
    id int64 not null options (description = 'Order id.'),
    day date options (description = 'Day.')
)
partition by day
"""
VIEW = "create or replace view `{{ project_id }}.{{ dataset }}.an_order` as select id from {{ dataset }}.orders"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "an_order.sql").write_text(VIEW)
    (tmp_path / "orders.sql").write_text(TABLE)
    return tmp_path


def make(dataset: Dataset, folder: Path, **kwargs: Any) -> BigQueryScriptsOperator:
    arguments: dict[str, Any] = {"datasets": {}, **kwargs}
    return BigQueryScriptsOperator(
        task_id="create_tables",
        project_id=PROJECT,
        location="US",
        files=sorted(folder.glob("*.sql")),
        sql_context={"project_id": PROJECT, "dataset": dataset.name},
        **arguments,
    )


def columns(dataset: Dataset) -> list[str]:
    return [
        row["column_name"]
        for row in dataset.query(
            f"select column_name from `{PROJECT}.{dataset.name}.INFORMATION_SCHEMA.COLUMNS` "
            "where table_name = 'orders' order by ordinal_position"
        )
    ]


def failure(operator: BigQueryScriptsOperator, context: dict[str, Any]) -> str:
    with pytest.raises(AirflowException) as error:
        operator.execute(context)
    return str(error.value)


def test_creates_tables_before_the_views_on_them_and_again_without_harm(
    dataset: Dataset, folder: Path, context: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    operator = make(dataset, folder)
    assert operator.execute(context) == {"files": 2, "added_columns": []}
    assert operator.execute(context) == {"files": 2, "added_columns": []}
    assert columns(dataset) == ["id", "day"]
    assert dataset.query(f"select count(*) as n from {dataset.name}.an_order") == [{"n": 0}]


def test_creates_missing_datasets_with_labels(
    dataset: Dataset, client: bigquery.Client, folder: Path, context: dict[str, Any]
) -> None:
    (folder / "an_order.sql").unlink()
    other = f"{dataset.name}_other"
    operator = make(dataset, folder, datasets={other: {"layer": "ops"}, dataset.name: {}})
    operator.execute(context)
    assert client.get_dataset(other).labels == {"layer": "ops"}
    assert client.get_dataset(other).location == "US"


def test_an_account_that_may_not_create_datasets_needs_them_to_exist_only(
    dataset: Dataset, folder: Path, context: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # BigQuery refuses `create_dataset` before it looks whether the dataset exists.
    def refuse(*_: object, **__: object) -> None:
        raise Forbidden("Access Denied: User does not have bigquery.datasets.create permission")

    monkeypatch.setattr(bigquery.Client, "create_dataset", refuse)
    assert make(dataset, folder, datasets={dataset.name: {}}).execute(context)["files"] == 2
    message = failure(make(dataset, folder, datasets={f"{dataset.name}_missing": {}}), context)
    assert f"{dataset.name}_missing does not exist" in message
    assert "Terraform" in message


def test_failure_names_its_file_and_what_comes_after_is_not_run(
    dataset: Dataset, folder: Path, context: dict[str, Any]
) -> None:
    (folder / "an_order.sql").write_text(VIEW.replace("select id", "select nothing_like_it"))
    (folder / "the_last.sql").write_text(VIEW.replace("an_order", "the_last"))
    message = failure(make(dataset, folder), context)
    assert f"{folder}/an_order.sql failed" in message
    assert "What came before it is done, what comes after it was not run" in message
    assert columns(dataset) == ["id", "day"]
    assert dataset.query(f"select table_name from `{PROJECT}.{dataset.name}.INFORMATION_SCHEMA.TABLES` order by 1") == [
        {"table_name": "orders"}
    ]


def test_unusable_file_is_found_before_anything_runs(dataset: Dataset, folder: Path, context: dict[str, Any]) -> None:
    (folder / "zzz.sql").write_text("create table `{{ project }}.x.y` (a int64)")
    with pytest.raises(DdlError, match=r"zzz\.sql: 'project' is undefined"):
        make(dataset, folder).execute(context)
    assert columns(dataset) == []


def test_new_column_in_the_ddl_reaches_the_table(dataset: Dataset, folder: Path, context: dict[str, Any]) -> None:
    make(dataset, folder).execute(context)
    dataset.query(f"insert into {dataset.name}.orders (id, day) values (1, date '2026-11-22')")
    added = "    tags array<string> options (description = 'The order\\'s tags.'),\n    day date"
    (folder / "orders.sql").write_text(TABLE.replace("    day date", added))
    assert make(dataset, folder).execute(context) == {
        "files": 2,
        "added_columns": [f"{PROJECT}.{dataset.name}.orders.tags"],
    }
    assert columns(dataset) == ["id", "day", "tags"]
    assert dataset.query(f"select id from {dataset.name}.orders") == [{"id": 1}]
    assert make(dataset, folder).execute(context)["added_columns"] == []


def test_changed_type_fails_before_anything_runs(dataset: Dataset, folder: Path, context: dict[str, Any]) -> None:
    make(dataset, folder).execute(context)
    (folder / "orders.sql").write_text(TABLE.replace("id int64", "new_one bool,\n    id string"))
    with pytest.raises(AirflowFailException) as error:
        make(dataset, folder).execute(context)
    message = str(error.value)
    assert f"{dataset.name}.orders: column id is INT64, the DDL says STRING. Revert the DDL" in message
    assert columns(dataset) == ["id", "day"]


def test_dropped_column_fails_and_no_data_is_lost(dataset: Dataset, folder: Path, context: dict[str, Any]) -> None:
    make(dataset, folder).execute(context)
    dataset.query(f"alter table `{PROJECT}.{dataset.name}.orders` add column if not exists extra string")
    # The embedded warehouse shows an added column after the next CREATE only.
    dataset.query(TABLE.replace("{{ project_id }}.{{ dataset }}", f"{PROJECT}.{dataset.name}"))
    message = failure(make(dataset, folder), context)
    assert "column extra STRING is not in the DDL" in message
    assert "data is never dropped here" in message
    make(dataset, folder, allow_extra_columns=[dataset.name]).execute(context)
    assert columns(dataset) == ["id", "day", "extra"]
