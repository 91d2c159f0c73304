"""A trial: a copy of the same world in which something happens, held against what it comes to undisturbed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tools.chaos.faults import FAULTS, Fault
from tools.chaos.stories import STORIES
from tools.chaos.world import POLL_SECONDS, Outcome, World, copy_of
from tools.local.chain import Run
from tools.local.services import StackError
from tools.local.stack import LocalStack

DAYS = 4
SEED = 11
# Copies of the world, by what comes next.
BEFORE_TWO_DAYS, BEFORE_A_DAY = "before-two-days", "before-a-day"
# A world that is idle and not as it should be is waited for so long: it may be between two runs, and the clock goes on.
PATIENCE_SECONDS = 900.0
LOOK_AGAIN_SECONDS = 20.0


@dataclass(frozen=True)
class Result:
    """What a trial came to.

    :param name: the faults.
    :param seconds: from the start of the day to the end.
    :param failed_runs: DAG runs that failed on the way, and needed nobody.
    :param differences: tables and destinations that are not as in the undisturbed run.
    :param sent_twice: records that destinations were sent again as they had them, more than in the undisturbed run.
    :param problem: why the trial did not end.
    """

    name: str
    seconds: float
    failed_runs: int
    differences: list[str]
    sent_twice: int
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether the chain has put everything right by itself."""
        return not (self.differences or self.sent_twice or self.problem)


class Occurrence:
    """A fault of a trial: it waits for its moment, lasts, and is over.

    :param fault: the fault.
    """

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.began: float | None = None
        self.is_over = False

    def go_on(self, world: World) -> None:
        """Begin or end, where it is time to."""
        if self.began is None:
            if world.running(self.fault.moment):
                self.fault.begin(world)
                self.began = time.monotonic()
        elif not self.is_over and time.monotonic() - self.began >= self.fault.seconds:
            self.fault.end(world)
            self.is_over = True


@dataclass
class Laboratory:
    """The worlds with which all trials begin, and what they come to undisturbed.

    :param home: directory of everything.
    :param customers: size of the sample.
    :param say: prints a line of progress.
    """

    home: Path
    customers: int
    say: Callable[[str], None] = print
    days: list[date] = field(init=False)
    undisturbed: Outcome = field(init=False)

    def __post_init__(self) -> None:
        """Say which days there are: the last is yesterday."""
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        self.days = [yesterday - timedelta(days=n) for n in reversed(range(DAYS))]

    @property
    def _sample(self) -> Path:
        return self.home / "sample"

    def prepare(self) -> None:
        """Build all days undisturbed, and keep the world as it was before the last two and before the last."""
        home = self.home / "world"
        with LocalStack(home) as stack:
            stack.run(
                stack.bin / "python", "-m", "tools.sample_sources", "generate", "--customers", str(self.customers),
                "--start", str(self.days[0]), "--end", str(self.days[-1]), "--seed", str(SEED), "--out", self._sample,
            )  # fmt: skip
        first, second, third, last = self.days
        stages: list[tuple[str, Callable[[World], list[Run]], str | None]] = [
            (f"{first} and {second}", lambda world: world.run_days(first, second), BEFORE_TWO_DAYS),
            (f"{third}", lambda world: world.sync_and_run(third), BEFORE_A_DAY),
            (f"{last}", lambda world: world.sync_and_run(last), None),
        ]
        for text, build, kept in stages:
            self.say(f"building {text} undisturbed")
            with World.started(home, self._sample, self.days) as world:
                failed = [run.dag_id for run in build(world) if run.state == "failed"]
                if failed:
                    raise StackError(f"the undisturbed run of {text} failed: {', '.join(failed)}")
                world.forget_orders()
                self.undisturbed = world.outcome()
            if kept:
                copy_of(home, self.home / kept)

    def tell(self, name: str) -> Result:
        """Let the last two days come otherwise than they should.

        :param name: a story.
        """
        with self._world(BEFORE_TWO_DAYS) as world:
            return self._result(name, world, lambda: STORIES[name](world))

    def disturb(self, names: Sequence[str]) -> Result:
        """Let faults happen while the last day runs.

        :param names: the faults.
        """
        with self._world(BEFORE_A_DAY) as world:
            return self._result(" + ".join(names), world, lambda: self._run_disturbed(world, names))

    def _world(self, kept: str) -> AbstractContextManager[World]:
        home = copy_of(self.home / kept, self.home / "trial")
        return World.started(home, self._sample, self.days, with_clock=True)

    @staticmethod
    def _run_disturbed(world: World, names: Sequence[str]) -> None:
        occurrences = [Occurrence(FAULTS[name]) for name in names]
        world.sync(world.days[-1], world.days[-1])
        world.wake(world.head)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(occurrence.is_over for occurrence in occurrences):
            if time.monotonic() > deadline:
                missed = [occurrence.fault.text for occurrence in occurrences if occurrence.began is None]
                raise StackError(f"no moment came for: {', '.join(missed)}")
            for occurrence in occurrences:
                occurrence.go_on(world)
            time.sleep(POLL_SECONDS)

    def _result(self, name: str, world: World, happen: Callable[[], None]) -> Result:
        """Let something happen, and wait until the world is as it would be without it."""
        began = time.monotonic()
        found, problem = self.undisturbed, ""
        try:
            happen()
            deadline = time.monotonic() + PATIENCE_SECONDS
            while True:
                world.wait_until_idle()
                found = world.outcome()
                if found == self.undisturbed or time.monotonic() > deadline:
                    break
                time.sleep(LOOK_AGAIN_SECONDS)
        except StackError as error:
            problem = str(error)
        sent = sum(found.repeats.values()) - sum(self.undisturbed.repeats.values())
        failed = sum(run.state == "failed" for run in world.runs.runs())
        seconds = time.monotonic() - began
        return Result(name, seconds, failed, found.differences(self.undisturbed), max(0, sent), problem)
