"""One owner at a time, on the warehouse's own statements: races, death, and an owner that has been replaced."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from google.api_core.exceptions import ServiceUnavailable
from martech.leases.lease import LeaseClient, LeaseError, Owner, Times, held

from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import DbtWarehouse

PROJECT = "leases-of-tests"
TABLE = f"{PROJECT}.{settings.layers['ops'].dataset}.leases"
numbers = count(1)
STEP = "build_silver / scheduled / stage_sources"
FIRST_TRY, SECOND_TRY = Owner(STEP, 1), Owner(STEP, 2)
OTHER = Owner("build_silver / backfill / stage_sources", 1)
LONG = timedelta(minutes=5)
QUICK = Times(
    heartbeat=timedelta(seconds=0.2),
    silence=timedelta(seconds=1),
    stop=timedelta(seconds=2),
    expires=LONG,
    patience=timedelta(seconds=1),
    look=timedelta(seconds=0.1),
)


@pytest.fixture(scope="module")
def project(warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(PROJECT, warehouse_url, tmp_path_factory.mktemp("leases"))
    warehouse.create_datasets()
    warehouse.create_layer("ops")
    return warehouse


@pytest.fixture
def client(project: DbtWarehouse) -> LeaseClient:
    return LeaseClient(project_id=project.project, location="US")


@pytest.fixture
def name() -> str:
    """A lease that no other test has."""
    return f"layer {next(numbers)}"


def work_until_stopped(seconds: float = 30) -> None:
    """Work in small steps, as dbt's main thread does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.02)
    pytest.fail("nobody has stopped the owner")


def test_of_many_that_want_it_at_once_one_gets_it(project: DbtWarehouse, name: str) -> None:
    owners = [Owner(f"run {number}", 1) for number in range(6)]
    start = threading.Barrier(len(owners))

    def acquire(owner: Owner) -> str | None:
        client = LeaseClient(project_id=project.project, location="US")
        start.wait()
        return client.acquire(TABLE, name, owner, LONG)

    with ThreadPoolExecutor(len(owners)) as pool:
        got = list(pool.map(acquire, owners))
    (number,) = [number for number, token in enumerate(got) if token]
    holder = LeaseClient(project_id=project.project, location="US").holder(TABLE, name)
    assert holder == owners[number]


def test_a_name_that_was_added_twice_is_still_one_lease(client: LeaseClient, project: DbtWarehouse, name: str) -> None:
    for _ in range(2):  # as two that found none at the same time do
        project.query(f"insert into leases (name) values ('{name}')", layer="ops")
    token = client.acquire(TABLE, name, OTHER, LONG)
    assert token
    assert not client.acquire(TABLE, name, FIRST_TRY, LONG)
    client.release(TABLE, name, token)
    assert client.acquire(TABLE, name, FIRST_TRY, LONG)


def test_an_expired_lease_is_taken_over_and_its_owner_cannot_renew_it(client: LeaseClient, name: str) -> None:
    token = client.acquire(TABLE, name, OTHER, timedelta(seconds=3))
    assert token
    assert not client.acquire(TABLE, name, FIRST_TRY, LONG)
    time.sleep(3.2)
    assert client.acquire(TABLE, name, FIRST_TRY, LONG)
    assert not client.heartbeat(TABLE, name, token, LONG)
    client.release(TABLE, name, token)
    assert client.holder(TABLE, name) == FIRST_TRY


def test_a_heartbeat_keeps_it(client: LeaseClient, name: str) -> None:
    with held(client, TABLE, name, FIRST_TRY, replace(QUICK, expires=timedelta(seconds=1))):
        time.sleep(2)
        assert not client.acquire(TABLE, name, OTHER, LONG)
    assert client.acquire(TABLE, name, OTHER, LONG), "it is given back at the end"


def test_of_two_processes_of_one_try_the_later_one_holds_it(client: LeaseClient, name: str) -> None:
    first = client.acquire(TABLE, name, FIRST_TRY, LONG)
    second = client.acquire(TABLE, name, FIRST_TRY, LONG)
    assert first
    assert second
    assert not client.heartbeat(TABLE, name, first, LONG)
    assert client.heartbeat(TABLE, name, second, LONG)


def test_an_earlier_try_does_not_take_over_from_a_later_one(client: LeaseClient, name: str) -> None:
    assert client.acquire(TABLE, name, SECOND_TRY, LONG)
    assert not client.acquire(TABLE, name, FIRST_TRY, LONG)


def test_the_orphan_of_an_earlier_try_ends_before_the_later_one_begins(
    client: LeaseClient, project: DbtWarehouse, name: str
) -> None:
    """The scheduler was killed; the first try lives on, and the scheduler starts the second."""
    began: list[float] = []

    def second_try() -> None:
        own = LeaseClient(project_id=project.project, location="US")
        time.sleep(0.5)
        assert own.acquire(TABLE, name, SECOND_TRY, LONG)
        time.sleep(QUICK.takeover.total_seconds())
        began.append(time.monotonic())

    later = threading.Thread(target=second_try)
    later.start()
    with pytest.raises(LeaseError, match=r"try 1 has lost the lease of layer \d+, and has stopped"):  # noqa: SIM117
        with held(client, TABLE, name, FIRST_TRY, QUICK):
            work_until_stopped()
    ended = time.monotonic()
    later.join()
    assert ended < began[0]
    assert client.holder(TABLE, name) == SECOND_TRY, "the first try must not give back what it has lost"


def test_a_later_try_takes_over_and_waits_until_the_earlier_one_must_have_ended(client: LeaseClient, name: str) -> None:
    assert client.acquire(TABLE, name, FIRST_TRY, LONG)
    before = time.monotonic()
    with held(client, TABLE, name, SECOND_TRY, QUICK):
        assert time.monotonic() - before >= QUICK.takeover.total_seconds()


def test_a_run_beside_another_waits_for_it(client: LeaseClient, project: DbtWarehouse, name: str) -> None:
    token = client.acquire(TABLE, name, OTHER, LONG)
    assert token
    other = LeaseClient(project_id=project.project, location="US")
    releasing = threading.Timer(0.5, other.release, (TABLE, name, token))
    releasing.start()
    with held(client, TABLE, name, FIRST_TRY, replace(QUICK, patience=timedelta(seconds=30))):
        assert client.holder(TABLE, name) == FIRST_TRY
    releasing.join()


def test_who_has_waited_too_long_is_told_for_whom(client: LeaseClient, name: str) -> None:
    assert client.acquire(TABLE, name, OTHER, LONG)
    with (
        pytest.raises(LeaseError, match=r"^build_silver / backfill / stage_sources, try 1 has had the lease"),
        held(client, TABLE, name, FIRST_TRY, QUICK),
    ):
        pytest.fail("two at once")


def test_an_owner_that_cannot_reach_the_warehouse_gives_up_before_its_lease_expires(
    client: LeaseClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bool:
        raise ServiceUnavailable("down")

    monkeypatch.setattr(client, "heartbeat", fail)
    before = time.monotonic()
    with pytest.raises(LeaseError), held(client, TABLE, name, FIRST_TRY, QUICK):
        work_until_stopped()
    assert time.monotonic() - before >= QUICK.silence.total_seconds()


def test_the_times_leave_nobody_at_work_whose_lease_has_expired() -> None:
    times = Times()
    assert times.silence + times.heartbeat + times.stop < times.expires


def test_an_owner_that_fails_gives_it_back_and_its_error_stays(client: LeaseClient, name: str) -> None:
    with pytest.raises(RuntimeError, match="dbt failed"), held(client, TABLE, name, FIRST_TRY, QUICK):
        raise RuntimeError("dbt failed")
    assert client.holder(TABLE, name) is None


DEAF = """
import sys
from datetime import timedelta
from martech.leases.lease import LeaseClient, Owner, Times, held

quick = Times(heartbeat=timedelta(seconds=0.2), stop=timedelta(seconds=0.5), expires=timedelta(minutes=5))
project, table, name, task = sys.argv[1:]
with held(LeaseClient(project_id=project, location="US"), table, name, Owner(task, 1), quick):
    print("works", flush=True)
    while True:
        try:
            while True:
                pass
        except KeyboardInterrupt:
            pass
"""


def test_a_process_that_does_not_end_is_killed(client: LeaseClient, project: DbtWarehouse, name: str) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", DEAF, project.project, TABLE, name, STEP],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{root}:{root / 'plugins'}"},
    ) as orphan:
        assert orphan.stdout
        assert any(b"works" in line for line in orphan.stdout), "Airflow logs to the same stream"
        assert client.acquire(TABLE, name, SECOND_TRY, LONG)
        assert orphan.wait(20) == os.EX_TEMPFAIL
