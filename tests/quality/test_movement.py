"""What moves implausibly is not sent, until somebody says that it is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from martech.alerts.messages import Alert
from martech.declarations.reader import DeclarationError
from martech.quality.movement import Limits, MeasuredTable, movements
from martech.quality.movement_operators import HoldMovementOperator

from include.activation.declared_syncs import load_syncs
from include.quality.declared_movement import MOVEMENT_FILE, load_movement
from tests.quality.conftest import PROJECT, Shop

LIMITS = Limits(minimum_rows=20, rows=0.5, total=0.5, share=0.25, declared_in="movement.yml")
USUAL = {"rows": 40.0, "total of value": 63_031.0, "share of health = low": 0.1, "share of health = high": 0.9}


def moved(limits: Limits = LIMITS, before: dict[str, float] | None = None, **now: float) -> set[str]:
    """Return what moved too far from USUAL, where ``now`` names measures by their last word."""
    words = {measure.split()[-1]: measure for measure in USUAL}
    found = USUAL | {words[word]: value for word, value in now.items()}
    return {movement.measure for movement in movements(USUAL if before is None else before, found, limits)}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({}, set()),
        # The reported case: one record dated ahead, and every customer is critical, every value almost nothing.
        ({"value": 1.28, "low": 1.0, "high": 0.0}, {"total of value", *list(USUAL)[2:]}),
        ({"rows": 60}, set()),
        ({"rows": 61}, {"rows"}),
        ({"rows": 0, "value": 0, "low": 0, "high": 0}, {"rows", "total of value", "share of health = high"}),
        ({"value": -63_031}, {"total of value"}),
    ],
)
def test_what_moves_further_than_its_limit_is_found(now: dict[str, float], expected: set[str]) -> None:
    assert moved(**now) == expected


def test_a_value_that_no_row_had_counts_from_nothing() -> None:
    now = {"rows": 40.0, "share of health = critical": 1.0}
    assert {movement.measure: movement.before for movement in movements({"rows": 40.0}, now, LIMITS)} == {
        "share of health = critical": 0.0
    }


def test_a_first_run_and_a_table_of_few_rows_are_let_through() -> None:
    assert moved(before={}, rows=1e6) == set()
    assert moved(before={**USUAL, "rows": 19.0}, rows=1e6) == set()


def test_what_is_newly_compared_has_no_past() -> None:
    assert moved(before={"rows": 40.0, **dict(list(USUAL.items())[2:])}, value=1e9) == set()


Run = Callable[..., list[str]]


@pytest.fixture
def alerts() -> list[Alert]:
    return []


@pytest.fixture
def run(shop: Shop, context: dict[str, Any], alerts: list[Alert]) -> Run:
    """Return a function that runs the task before a sync of the customers."""
    shop.query("create table {scores} (id int64, band string, amount numeric)")
    shop.query("insert into {scores} select n, if(n < 4, 'low', 'high'), 10 from unnest(generate_array(1, 40)) as n")

    def hold(accept: str = "", *, dry_run: bool = False, dag_id: str = "activate_x") -> list[str]:
        task = SimpleNamespace(dag_id=dag_id, task_id="hold_movement", run_id="manual__1")
        return HoldMovementOperator(
            task_id="hold_movement",
            load_tables=lambda: ([MeasuredTable("gold", "scores", ("band",), ("amount",))], LIMITS),
            dataset_of={"gold": shop.dataset},
            measures_table=shop.table("activation_measures"),
            accept=accept,
            alert=lambda alert, _: alerts.append(alert),
            project_id=PROJECT,
            location="US",
        ).execute({**context, "ti": task, "params": {"dry_run": dry_run}})

    return hold


ACCEPTED = "{'who': 'ana@example.com', 'why': 'new bands'}"


def test_a_movement_holds_every_run_until_somebody_accepts_it(shop: Shop, run: Run, alerts: list[Alert]) -> None:
    assert run() == []
    shop.query("update {scores} set band = 'critical' where true")
    # Held, and what was held is not what the next run compares with.
    for _ in range(2):
        with pytest.raises(AirflowFailException, match=r"share of band = critical 0\.0% → 100\.0%") as held:
            run()
    assert "airflow dags trigger activate_x" in str(held.value)
    assert "accept_movement" in str(held.value)
    assert run(dag_id="activate_y") == [], "another sync has a past of its own"
    assert len(run(ACCEPTED)) == 2
    assert ["ana@example.com: new bands" in alert.title for alert in alerts] == [True]
    assert run() == [], "what was accepted is what the next run compares with"
    kept = shop.query(
        "select distinct is_let_through, accepted_by, accepted_why from {activation_measures} "
        "where dag_id = 'activate_x' and not is_plausible and measured_at > '2020-01-01' order by is_let_through"
    )
    assert kept == [
        {"is_let_through": False, "accepted_by": None, "accepted_why": None},
        {"is_let_through": True, "accepted_by": "ana@example.com", "accepted_why": "new bands"},
    ]


def test_what_is_corrected_goes_on_by_itself(shop: Shop, run: Run) -> None:
    run()
    shop.query("update {scores} set amount = amount * 1000 where true")
    with pytest.raises(AirflowFailException, match=r"total of amount 400 → 400,000 \(at most 50%\)"):
        run()
    shop.query("update {scores} set amount = amount / 1000 where true")
    assert run() == []


def test_a_dry_run_looks_and_leaves_nothing(shop: Shop, run: Run) -> None:
    run()
    shop.query("delete from {scores} where id > 5")
    assert len(run(dry_run=True)) == 4
    assert shop.query(
        "select count(distinct measured_at) as n from {activation_measures} where measured_at > '2020-01-01'"
    ) == [{"n": 1}]


def test_nobody_accepts_without_saying_who(run: Run) -> None:
    with pytest.raises(AirflowFailException, match=r"accept_movement=.* does not say who accepts"):
        run("{'why': 'x'}")


def test_each_sync_compares_what_it_reads() -> None:
    for sync in load_syncs():
        tables, _ = load_movement(sync.models)
        assert {f"{table.layer}.{table.name}" for table in tables} == sync.models, sync.name


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("silver.unified_leads:", "silver.unified_lead:", "there is no such table"),
        ("[is_unsubscribed]", "[is_unsubscribd]", "silver.unified_leads has no column is_unsubscribd"),
        ("share: 0.25", "share: 25", "a share above 0, at most 1"),
        ("totals: [lead_score]", "sums: [lead_score]", "shares and totals|shares, totals"),
    ],
)
def test_a_wrong_declaration_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "movement.yml"
    text = MOVEMENT_FILE.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(DeclarationError, match=message):
        load_movement((), path)


def test_limits_name_the_file_that_they_come_from(tmp_path: Path) -> None:
    path = tmp_path / "movement.yml"
    path.write_text(MOVEMENT_FILE.read_text())
    assert load_movement((), path)[1].declared_in == str(path)
    assert load_movement(())[1].declared_in == "include/quality/movement.yml"
