"""A statement that was translated before is run from what was kept: with its own days, tables and project."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.emulator.test_googlesql import Dataset, client_of


@pytest.fixture
def datasets(warehouse_url: str) -> Callable[[str], Dataset]:
    """Return a function that makes an empty dataset ``kept`` in a project."""

    def make(project: str) -> Dataset:
        client = client_of(warehouse_url, project)
        client.delete_dataset("kept", delete_contents=True, not_found_ok=True)
        client.create_dataset("kept")
        return Dataset(client, "kept")

    return make


# By what differs: a statement with one blank, and its rows for two days.
QUERIES = {
    "a day": ("select date '{}' as day", [{"day": "{}"}]),
    "a day twice": ("select date '{0}' as day, '{0}' as name", [{"day": "{}", "name": "{}"}]),
    "a day beside one that stays": (
        "select d from unnest([date '{}', date '2026-03-01']) as d order by d desc limit 1",
        [{"d": "2026-03-01"}],
    ),
    "a text that holds the day": (
        "select 'on {0} at noon' as said, '{0}' as day",
        [{"said": "on {0} at noon", "day": "{0}"}],
    ),
    "a moment of another day": (
        "select cast(timestamp '2026-02-03 00:00:00' as string) as moment, '{}' as day",
        [{"moment": "2026-02-03 00:00:00+00", "day": "{}"}],
    ),
    "a pattern": ("select regexp_contains('2026-02-03', r'{}') as found", None),
    "a comment": ("select 1 as one  -- as of '{}'", [{"one": 1}]),
}


@pytest.mark.parametrize("case", QUERIES)
def test_a_kept_query_answers_for_its_own_days(datasets: Callable[[str], Dataset], case: str) -> None:
    sql, rows = QUERIES[case]
    dataset = datasets("kept-days")
    for day in ("2026-02-03", "2026-02-04", "2026-02-03"):
        found = dataset.query(sql.format(day))
        answer = [{key: str(value) if key in ("day", "d") else value for key, value in row.items()} for row in found]
        if rows is None:
            assert answer == [{"found": day == "2026-02-03"}]
        else:
            expected = [{k: v.format(day) if isinstance(v, str) else v for k, v in row.items()} for row in rows]
            assert answer == expected


def test_two_days_that_became_one_are_another_statement(datasets: Callable[[str], Dataset]) -> None:
    dataset = datasets("kept-days")
    sql = "select case when date '{}' = date '{}' then 'same' else 'other' end as days"
    assert dataset.query(sql.format("2026-02-03", "2026-02-04")) == [{"days": "other"}]
    assert dataset.query(sql.format("2026-02-03", "2026-02-03")) == [{"days": "same"}]


def test_a_kept_query_reads_the_tables_of_its_own_project(datasets: Callable[[str], Dataset]) -> None:
    for project in ("kept-first", "kept-second"):
        dataset = datasets(project)
        dataset.query(f"create table `{project}.kept.owner` as select '{project}' as name")
        assert dataset.query(f"select name from `{project}.kept.owner`") == [{"name": project}]
        assert dataset.query("select name from kept.owner") == [{"name": project}]


def test_a_table_of_another_shape_is_translated_again(datasets: Callable[[str], Dataset]) -> None:
    dataset = datasets("kept-shapes")
    averages = []
    for number in ("numeric '0.1'", "0.5", "cast(2 as int64)"):
        dataset.query(f"create or replace table kept.numbers as select {number} as n union all select {number}")
        averages.append(dataset.query("select avg(n) as n from kept.numbers")[0]["n"])
    assert averages == [Decimal("0.1"), 0.5, 2.0]
    assert [type(average) for average in averages] == [Decimal, float, float]


def test_temporary_tables_of_two_runs_are_told_apart(datasets: Callable[[str], Dataset]) -> None:
    dataset = datasets("kept-moments")
    dataset.query("create table kept.target (day date, n int64)")
    for n, moment in enumerate(("221153968645", "221534054762"), start=1):
        dataset.query(
            f"create or replace table kept.t__dbt_tmp{moment} as select date '2026-02-0{n}' as day, {n} as n;\n"
            f"insert into kept.target select * from kept.t__dbt_tmp{moment};"
        )
    assert dataset.query("select n from kept.target order by day") == [{"n": 1}, {"n": 2}]
    assert dataset.query("select n from kept.t__dbt_tmp221153968645") == [{"n": 1}]
    assert dataset.query("select n from kept.t__dbt_tmp221534054762") == [{"n": 2}]


def test_a_row_access_policy_counts_from_the_next_query_on(datasets: Callable[[str], Dataset]) -> None:
    dataset = datasets("kept-policies")
    dataset.query("create table kept.people as select 'Anna' as name union all select 'Bernd'")
    count = "select count(*) as people from kept.people"
    assert dataset.query(count) == [{"people": 2}]
    dataset.query(
        "create row access policy only_anna on `kept-policies.kept.people` "
        "grant to ('allAuthenticatedUsers') filter using (name = 'Anna')"
    )
    assert dataset.query(count) != [{"people": 2}]


def test_a_policy_on_another_table_changes_nothing_and_one_behind_a_view_counts(
    datasets: Callable[[str], Dataset],
) -> None:
    dataset = datasets("kept-policies-behind")
    dataset.query("create table kept.people as select 'Anna' as name union all select 'Bernd'")
    dataset.query("create table kept.pets as select 'Rex' as name")
    dataset.query("create view kept.inner_view as select name from kept.people")
    dataset.query("create view kept.outer_view as select name from kept.inner_view")
    count = "select count(*) as n from kept.{}"
    policy = (
        "create row access policy only_{0} on `kept-policies-behind.kept.{0}` "
        "grant to ('allUsers') filter using (name = 'Anna')"
    )
    dataset.query(policy.format("pets"))
    assert [dataset.query(count.format(name)) for name in ("outer_view", "pets")] == [[{"n": 2}], [{"n": 0}]]
    dataset.query(policy.format("people"))
    assert dataset.query(count.format("outer_view")) == [{"n": 1}]


def test_a_view_that_is_replaced_counts_from_the_next_query_on(datasets: Callable[[str], Dataset]) -> None:
    dataset = datasets("kept-replaced-views")
    for n in (1, 2):
        dataset.query(f"create or replace view kept.number as select {n} as n")
        dataset.query("create or replace view kept.number_again as select n from kept.number")
        assert dataset.query("select n from kept.number_again") == [{"n": n}]


def test_a_materialized_view_is_refreshed_for_a_kept_query(datasets: Callable[[str], Dataset]) -> None:
    dataset = datasets("kept-views")
    dataset.query("create table kept.sales as select 1 as amount")
    dataset.query("create materialized view kept.total as select sum(amount) as amount from kept.sales")
    for amount in (1, 2, 3):
        assert dataset.query("select amount from kept.total") == [{"amount": amount}]
        dataset.query("insert into kept.sales values (1)")
