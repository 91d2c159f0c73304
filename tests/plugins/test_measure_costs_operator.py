from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from martech.costs.operators import MeasureCostsOperator
from martech.costs.prices import Prices
from martech.warehouse.ddl import render

from include.pipeline.layer_ddl import table_statement
from include.pipeline.settings import SQL_DIR, settings
from tests.plugins.sample import DAY, PROJECT, Dataset

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
TIB, GIB, HOUR_MS = 2**40, 2**30, 3_600_000
PRICES = Prices(Decimal("6.25"), Decimal("0.06"), Decimal("0.02"), Decimal("0.01"))
JOBS_VIEW = "region-{{ location | lower }}.INFORMATION_SCHEMA.JOBS_BY_PROJECT"
STORAGE_VIEW = "region-{{ location | lower }}.INFORMATION_SCHEMA.TABLE_STORAGE"
JOB_COLUMNS = (
    "creation_time timestamp, state string, parent_job_id string, job_type string, user_email string, "
    "reservation_id string, error_result struct<reason string>, total_bytes_processed int64, "
    "total_bytes_billed int64, total_slot_ms int64, labels array<struct<key string, value string>>"
)
LABELS = "[struct('airflow-dag' as key, '{}' as value), struct('dbt-model' as key, '{}' as value)]"
NO_LABELS = "cast([] as array<struct<key string, value string>>)"


@pytest.fixture
def costs(dataset: Dataset) -> Dataset:
    """A dataset with the tables of costs."""
    for table in ("job_costs", "storage_costs"):
        dataset.query(render(SQL_DIR / "ops" / f"{table}.sql", {**settings.sql_context, "ops_dataset": dataset.name}))
    return dataset


def make(dataset: Dataset, days: Any, **kwargs: Any) -> MeasureCostsOperator:
    files = {name: SQL_DIR / "cost" / f"{name}_costs.sql" for name in ("job", "storage")}
    arguments = {"jobs_file": files["job"], "storage_file": files["storage"], "maximum_bytes_billed": 10**9, **kwargs}
    context = {**settings.sql_context, "ops_dataset": dataset.name}
    return MeasureCostsOperator(
        task_id="measure",
        project_id=PROJECT,
        location="US",
        sql_context=context,
        prices=PRICES,
        days=days,
        **arguments,
    )


def statement_on(dataset: Dataset, file: str, view: str, table: str, folder: Path) -> Path:
    """Return the statement with a view of BigQuery replaced by a table of the same shape, whose sizes are known."""
    sql = (SQL_DIR / "cost" / file).read_text()
    assert sql.count(view) == 1
    changed = folder / file
    changed.write_text(sql.replace(view, f"{dataset.name}.{table}"))
    return changed


def add_job(  # noqa: PLR0913 - a job's facts
    dataset: Dataset,
    created: str,
    *,
    labels: str = NO_LABELS,
    billed: int | str = 0,
    slot_ms: int | str = 0,
    reservation: str = "null",
    parent: str = "null",
    state: str = "DONE",
    error: str = "null",
    user: str = "'airflow@x'",
) -> None:
    dataset.query(
        f"insert into `{PROJECT}.{dataset.name}.jobs` select timestamp '{created}', '{state}', {parent}, 'QUERY', "
        f"{user}, {reservation}, {error}, {billed}, {billed}, {slot_ms}, {labels}"
    )


@pytest.fixture
def jobs(costs: Dataset, tmp_path: Path) -> Dataset:
    """An empty table of jobs."""
    costs.query(f"create table `{PROJECT}.{costs.name}.jobs` ({JOB_COLUMNS})")
    return costs


def measure_jobs(dataset: Dataset, folder: Path, context: dict[str, Any]) -> dict[tuple[str | None, ...], Any]:
    file = statement_on(dataset, "job_costs.sql", JOBS_VIEW, "jobs", folder)
    make(dataset, [DAY], jobs_file=file).execute(context)
    rows = dataset.query(f"select * from `{PROJECT}.{dataset.name}.job_costs` where cost_day = '{DAY}'")
    return {(row["dag_id"], row["dbt_model"], row["user_email"]): row for row in rows}


def test_jobs_are_counted_and_priced_by_task_model_and_user(
    jobs: Dataset, tmp_path: Path, context: dict[str, Any]
) -> None:
    silver = LABELS.format("build_silver", "customer_360")
    add_job(jobs, f"{DAY} 00:00:00", labels=silver, billed=TIB, slot_ms=HOUR_MS)
    add_job(jobs, f"{DAY} 23:59:59", labels=silver, billed=TIB // 2, error="struct('timeout' as reason)")
    # In a reservation slots are paid for, not bytes.
    add_job(jobs, f"{DAY} 12:00:00", labels=silver, billed=TIB, slot_ms=10 * HOUR_MS, reservation="'p:US.r'")
    add_job(jobs, f"{DAY} 12:00:00", billed=2**20, user="'analyst@x'")
    found = measure_jobs(jobs, tmp_path, context)
    assert set(found) == {("build_silver", "customer_360", "airflow@x"), (None, None, "analyst@x")}
    row = found["build_silver", "customer_360", "airflow@x"]
    assert (row["jobs"], row["failed_jobs"], row["task_id"]) == (3, 1, None)
    assert (row["bytes_billed"], row["slot_ms"]) == (2 * TIB + TIB // 2, 11 * HOUR_MS)
    # 1.5 TiB at 6.25 and 10 slot hours at 0.06.
    assert row["cost_usd"] == Decimal("9.975")
    # A MiB at 6.25 a TiB, to the billionth.
    assert found[None, None, "analyst@x"]["cost_usd"] == Decimal("0.000005960")


def test_other_days_statements_of_scripts_and_running_jobs_do_not_count(
    jobs: Dataset, tmp_path: Path, context: dict[str, Any]
) -> None:
    add_job(jobs, f"{DAY - timedelta(days=1)} 23:59:59.999", billed=TIB)
    add_job(jobs, f"{DAY + timedelta(days=1)} 00:00:00", billed=TIB)
    add_job(jobs, f"{DAY} 12:00:00", billed=TIB, parent="'script'")
    add_job(jobs, f"{DAY} 12:00:00", billed=TIB, state="RUNNING")
    assert measure_jobs(jobs, tmp_path, context) == {}


def test_what_bigquery_leaves_null_is_nothing(jobs: Dataset, tmp_path: Path, context: dict[str, Any]) -> None:
    # Load jobs have no bytes billed, and the labels of a job may be NULL.
    add_job(jobs, f"{DAY} 12:00:00", billed="null", slot_ms="null", user="null", labels="null")
    (row,) = measure_jobs(jobs, tmp_path, context).values()
    assert (row["dag_id"], row["user_email"], row["bytes_billed"], row["slot_ms"], row["cost_usd"]) == (
        None,
        None,
        0,
        0,
        0,
    )


def test_rerun_replaces_its_day_only(jobs: Dataset, tmp_path: Path, context: dict[str, Any]) -> None:
    add_job(jobs, f"{DAY} 12:00:00", billed=TIB)
    measure_jobs(jobs, tmp_path, context)
    before = DAY - timedelta(days=1)
    jobs.query(
        f"insert into `{PROJECT}.{jobs.name}.job_costs` (cost_day, job_type, jobs, failed_jobs, bytes_processed, "
        f"bytes_billed, slot_ms, cost_usd, measured_at) values "
        f"('{before}', 'QUERY', 1, 0, 0, 0, 0, 7, '{DAY} 01:00:00')"
    )
    add_job(jobs, f"{DAY} 13:00:00", billed=TIB)
    measure_jobs(jobs, tmp_path, context)
    rows = jobs.query(f"select cost_day, jobs, cost_usd from `{PROJECT}.{jobs.name}.job_costs` order by cost_day")
    assert rows == [
        {"cost_day": before, "jobs": 1, "cost_usd": 7},
        {"cost_day": DAY, "jobs": 2, "cost_usd": Decimal("12.5")},
    ]


@pytest.mark.parametrize(
    ("day", "cost"),
    [(date(2026, 2, 10), "1"), (date(2026, 11, 10), "0.933333333"), (date(2026, 12, 10), "0.903225806")],
)
def test_storage_is_a_share_of_the_month(  # noqa: PLR0913, PLR0917 - fixtures
    costs: Dataset, tmp_path: Path, context: dict[str, Any], day: date, cost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("martech.costs.operators.yesterday_of", lambda _: day)
    costs.query(
        f"create table `{PROJECT}.{costs.name}.storage` as select 'marts' as table_schema, 't' as table_name, "
        f"5 as total_rows, {1000 * GIB} as active_logical_bytes, {800 * GIB} as long_term_logical_bytes, "
        "false as deleted union all select 'marts', 'gone', 5, 1, 1, true"
    )
    file = statement_on(costs, "storage_costs.sql", STORAGE_VIEW, "storage", tmp_path)
    make(costs, [day], storage_file=file).execute(context)
    # 1,000 GiB at 0.02 and 800 GiB at 0.01 are 28 dollars a month.
    (row,) = costs.query(f"select * from `{PROJECT}.{costs.name}.storage_costs`")
    assert (row["table_id"], row["cost_usd"]) == ("t", Decimal(cost))
    assert list(row) == [column.name for column in table_statement("ops", "storage_costs").columns]


def test_storage_of_older_days_is_not_made_up(costs: Dataset, context: dict[str, Any]) -> None:
    days = [TODAY - timedelta(days=n) for n in (3, 2, 1)]
    make(costs, days).execute(context)
    rows = costs.query(f"select distinct cost_day from `{PROJECT}.{costs.name}.storage_costs`")
    assert rows == [{"cost_day": YESTERDAY}]


def test_its_own_jobs_are_measured_with_their_labels(costs: Dataset, context: dict[str, Any]) -> None:
    """On the emulator's own record of jobs: the second run sees the first."""
    for _ in range(2):
        written = make(costs, TODAY.isoformat()).execute(context)
    assert written["jobs"] > 0
    assert written["storage"] > 0
    rows = costs.query(
        f"select * from `{PROJECT}.{costs.name}.job_costs` "
        "where dag_id = 'ingest_zendesk' and task_id = 'check-partitions' and job_type = 'QUERY'"
    )
    assert len(rows) == 1
    assert rows[0]["jobs"] >= 2
    assert rows[0]["slot_ms"] > 0
    assert rows[0]["cost_usd"] == 0
    assert list(rows[0]) == [column.name for column in table_statement("ops", "job_costs").columns]
    tables = costs.query(f"select dataset_id, table_id from `{PROJECT}.{costs.name}.storage_costs`")
    measured = {row["table_id"] for row in tables if row["dataset_id"] == costs.name}
    assert measured == {"job_costs", "storage_costs"}
