from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from martech.retention.policy import RetentionCheck, TableRetention, check_dataset, check_default

TODAY = date(2026, 11, 24)


def checks_of(declared: dict[str, int | None], **found: TableRetention) -> dict[str, RetentionCheck]:
    return {f"{check.table} {check.check}": check for check in check_dataset("raw", declared, found, TODAY)}


def table(expiration_days: float | None, *, age: int | None = None, **facts: Any) -> TableRetention:
    oldest = None if age is None else TODAY - timedelta(days=age)
    return TableRetention(
        is_partitioned=facts.pop("is_partitioned", True), expiration_days=expiration_days, oldest=oldest, **facts
    )


def test_declared_expiry_passes_whatever_number_it_is_told_in() -> None:
    checks = checks_of({"t": 90, "kept": None}, t=table(90.0), kept=table(None, age=9999))
    assert [(name, check.passed) for name, check in checks.items()] == [
        ("t expiration", True),
        ("kept expiration", True),
    ]


@pytest.mark.parametrize(
    ("declared", "found", "observed"), [(90, None, "forever"), (None, 90, "90 days"), (90, 90.5, "90.5 days")]
)
def test_other_expiry_is_an_error(declared: int | None, found: float | None, observed: str) -> None:
    (check,) = checks_of({"t": declared}, t=table(found)).values()
    assert (check.passed, check.severity, check.observed) == (False, "error", observed)
    assert "change partition_expiration_days in its dbt model, or in its DDL where no model makes it" in check.message


def test_table_that_lost_its_partitions_is_named() -> None:
    (check,) = checks_of({"t": 90}, t=table(None, is_partitioned=False)).values()
    assert not check.passed
    assert "raw.t has no partitions" in check.message


@pytest.mark.parametrize(("age", "passed"), [(90, True), (92, True), (93, False)])
def test_partition_may_outlive_its_expiry_by_two_days(age: int, passed: bool) -> None:
    check = checks_of({"t": 90}, t=table(90, age=age))["t overdue_partition"]
    assert (check.passed, check.severity) == (passed, "warning")
    assert check.expected == "2026-08-24 or later"


def test_overdue_is_not_asked_where_the_expiry_was_another() -> None:
    assert list(checks_of({"t": 90}, t=table(None, age=200))) == ["t expiration"]


def test_undeclared_table_is_a_warning_unless_it_is_temporary() -> None:
    checks = checks_of({}, mine=table(None), t__dbt_tmp=table(None, is_temporary=True))
    assert list(checks) == ["mine declared_table"]
    assert (checks["mine declared_table"].passed, checks["mine declared_table"].severity) == (False, "warning")


def test_declared_table_that_is_not_there_yet_is_no_finding() -> None:
    assert checks_of({"t": 90}) == {}


@pytest.mark.parametrize(
    ("tables", "partitions", "passed"), [(None, None, True), (30.0, None, False), (None, 0.5, False)]
)
def test_datasets_have_no_default_expiry(tables: float | None, partitions: float | None, passed: bool) -> None:
    check = check_default("raw", tables, partitions)
    assert (check.passed, check.table) == (passed, None)
