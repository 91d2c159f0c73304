"""Which tests run, in which order and on which worker: marks from fixtures, groups, and their recorded seconds.

* A test that uses a fixture which starts the embedded warehouse is marked ``warehouse``; one that uses the
  end-to-end story is marked ``e2e``. Nobody sets these marks by hand.
* Tests of one file form a group, which one worker runs (``--dist loadgroup``), so that what a file builds is built
  once. Where a folder's own session fixture is what costs, the whole folder is a group: ``ONE_GROUP``.
* With workers, the longest group comes first, so that they end together. ``tests/durations.json`` has the seconds of
  each group on each Airflow line; ``--record-durations`` writes those of the groups that ran (``make durations``), and
  their sums by folder into the table of ``docs/testing.md``.
* ``--shard 2/3`` keeps the second of three shares of about the same length.
* What is marked ``one_line`` by hand proves our logic, not an Airflow line: on Airflow 3 it runs with
  ``--every-chapter`` only.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from importlib.metadata import version
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
DURATIONS = TESTS / "durations.json"
DOCUMENT = TESTS.parent / "docs" / "testing.md"
# A row of its table: the folder first, its seconds on Airflow 2 and on Airflow 3 last.
ROW = re.compile(r"^(\| `tests/(\w+)` \|.*\|)[^|]*\|[^|]*\|$", re.MULTILINE)
LINE = version("apache-airflow").partition(".")[0]
# A group that has never been recorded: neither first nor last.
UNKNOWN_SECONDS = 5.0
WAREHOUSE_FIXTURES = {"warehouse_url", "serve_warehouse", "recorded_warehouse_url", "built_sample"}
STORY_FIXTURES = {"story"}
# A chapter waits for real DAG runs, and the first one makes the story.
STORY_TIMEOUT_SECONDS = 3600
# Folders whose conftest builds what all of their tests share.
ONE_GROUP = {"e2e", "sample_sources"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this file."""
    options = parser.getgroup("schedule")
    options.addoption("--shard", help="run the N-th of COUNT shares of about the same length: N/COUNT")
    options.addoption("--every-chapter", action="store_true", help="run on Airflow 3 what proves no Airflow line too")
    options.addoption("--record-durations", action="store_true", help=f"write {DURATIONS.name}")


def every_chapter(config: pytest.Config) -> bool:
    """Return whether this run proves all: on Airflow 2, or where that is asked for."""
    return config.getoption("every_chapter") or LINE == "2"


def group_of(path: Path) -> str:
    """Return the group of a test file: the file itself, or its folder.

    :param path: a file in ``tests``.
    """
    inside = path.relative_to(TESTS)
    return inside.parts[0] if inside.parts[0] in ONE_GROUP else inside.with_suffix("").as_posix()


def recorded(line: str = LINE) -> dict[str, float]:
    """Return the recorded seconds of each group.

    :param line: the Airflow line on which they ran.
    """
    return json.loads(DURATIONS.read_text()).get(line, {}) if DURATIONS.exists() else {}


def write_costs() -> None:
    """Write the seconds of each folder of tests into the table of ``docs/testing.md``."""

    def cell(folder: str, line: str) -> str:
        seconds = [took for group, took in recorded(line).items() if group.partition("/")[0] == folder]
        return f" {sum(seconds):.0f} |" if seconds else " – |"

    text = DOCUMENT.read_text()
    DOCUMENT.write_text(ROW.sub(lambda row: row[1] + cell(row[2], "2") + cell(row[2], "3"), text))


def shares(seconds: dict[str, float], count: int) -> list[set[str]]:
    """Deal groups out so that each share takes about as long: the longest first, to whoever has least.

    :param seconds: seconds of each group.
    :param count: number of shares.
    """
    dealt: list[set[str]] = [set() for _ in range(count)]
    totals = [0.0] * count
    for group in sorted(seconds, key=lambda name: (-seconds[name], name)):
        least = totals.index(min(totals))
        dealt[least].add(group)
        totals[least] += seconds[group]
    return dealt


def share(wanted: str, groups: Iterable[str], known: dict[str, float]) -> set[str]:
    """Return the groups of one share.

    :param wanted: ``N/COUNT``, counted from 1.
    :param groups: all groups.
    :param known: recorded seconds.
    :raises pytest.UsageError: if ``wanted`` is no share.
    """
    number, _, count = wanted.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise pytest.UsageError(f"--shard {wanted} is no share: say 2/3 for the second of three")
    return shares({group: known.get(group, UNKNOWN_SECONDS) for group in groups}, int(count))[int(number) - 1]


def _mark(item: pytest.Item) -> None:
    fixtures = set(getattr(item, "fixturenames", ()))
    if fixtures & WAREHOUSE_FIXTURES:
        item.add_marker(pytest.mark.warehouse)
    if fixtures & STORY_FIXTURES:
        item.add_marker(pytest.mark.e2e)
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(STORY_TIMEOUT_SECONDS))


def _keep(config: pytest.Config, items: list[pytest.Item], wanted: Callable[[pytest.Item], bool]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = [item for item in items if wanted(item)]


# A wrapper comes before what pytest does with marks (`-m`).
@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, None, None]:
    """Mark tests, put them in order, and keep those of the share that is asked for."""
    for item in items:
        _mark(item)
    yield
    groups = {item: group_of(item.path) for item in items}
    known = recorded()
    if not every_chapter(config):
        _keep(config, items, lambda item: not item.get_closest_marker("one_line"))
    if config.getoption("shard"):
        kept = share(config.getoption("shard"), {groups[item] for item in items}, known)
        _keep(config, items, lambda item: groups[item] in kept)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (-known.get(groups[item], UNKNOWN_SECONDS), groups[item]))


class GroupScheduling(LoadScopeScheduling):
    """Gives each group to one worker, in the order of the tests.

    xdist's own groups by mark stopped working with pytest 9.2, which keeps a test's id elsewhere.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(TESTS.parent / nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling | None:
    """Schedule by group where that is asked for: ``--dist loadgroup``."""
    if config.getoption("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False  # the order of the tests is that of their groups' durations
    return GroupScheduling(config, log)


class Recorder:
    """Adds up the seconds of each group, and writes them at the end."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what a test, its setup or its teardown took."""
        # Not its location: that of a state machine is in hypothesis.
        self._seconds[group_of(TESTS.parent / report.nodeid.partition("::")[0])] += report.duration

    def pytest_sessionfinish(self) -> None:
        """Write what ran, and keep what did not."""
        ran = recorded() | {group: round(seconds, 1) for group, seconds in self._seconds.items()}
        lines = {line: recorded(line) for line in ("2", "3")} | {LINE: ran}
        longest_first = {
            line: dict(sorted(groups.items(), key=lambda item: -item[1])) for line, groups in lines.items()
        }
        DURATIONS.write_text(json.dumps(longest_first, indent=2) + "\n")
        write_costs()


def pytest_configure(config: pytest.Config) -> None:
    """Record durations where that is asked for, in the process that hears of all tests."""
    if config.getoption("record_durations") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder())
