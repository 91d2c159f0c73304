"""Which days a step works on: cases, and random histories that must end where an undisturbed one does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from martech.days.chain import Chain, ChainError, Mark, State, Step, grown_days

TODAY = date(2026, 11, 24)
YESTERDAY = TODAY - timedelta(days=1)
SOURCES = ("shop", "desk", "ads")
STEPS = (
    Step("head"),
    *(Step(source, ("head",)) for source in SOURCES),
    Step("silver", SOURCES),
    Step("gold", ("silver",)),
    Step("sync", ("gold",), by_day=False),
)
CHAIN = Chain(STEPS, keep_days=90, most_days=5)
numbers = count(1)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


class History:
    """What steps do, kept as the log of days would keep it."""

    def __init__(self) -> None:
        self.log: dict[str, dict[date, Mark]] = {}

    def mark(self, step: str, day: date, **known: Any) -> None:
        marks = self.log.setdefault(step, {})
        marks[day] = Mark(**{**vars(marks.get(day, Mark())), **known})

    def choose(self, step: str, days: list[date]) -> dict[date, frozenset[str]]:
        """A run chooses days; return what it can read."""
        read = {day: CHAIN.versions(self.log, step, day) for day in days}
        for day, versions in read.items():
            self.mark(step, day, tried=versions)
        return read

    def publish(
        self,
        step: str,
        read: Mapping[date, frozenset[str]],
        *,
        is_due: bool = True,
        rows: Mapping[tuple[str, date], int] | None = None,
    ) -> None:
        version = f"{step} {next(numbers)}"
        for day, versions in read.items():
            former = self.log.get(step, {}).get(day, Mark())
            counts = {"rows": (rows or {}).get((step, day), 0)}
            is_due_day = is_due or former.is_due
            self.mark(step, day, version=version, read=versions, is_due=is_due_day, row_counts=counts)

    def run(self, step: str, *days: date) -> None:
        """A run that nothing disturbs."""
        self.publish(step, self.choose(step, list(days)))

    def all_of(self, day: date, *steps: str) -> None:
        for step in steps:
            self.run(step, day)

    def next_days(self, step: str, today: date = TODAY) -> list[date]:
        return CHAIN.choose(self.log, step, today)

    def state(self, step: str, day: date) -> State:
        return CHAIN.state(self.log, step, day).state


@pytest.fixture
def history() -> History:
    return History()


def test_the_first_run_of_all_is_yesterdays(history: History) -> None:
    assert history.next_days("head") == [YESTERDAY]
    assert history.next_days("shop") == []


def test_a_layer_waits_for_every_source(history: History) -> None:
    history.all_of(YESTERDAY, "head", "shop", "ads")
    assert history.next_days("silver") == []
    assert CHAIN.state(history.log, "silver", YESTERDAY).lacks == ("desk",)
    history.run("desk", YESTERDAY)
    assert history.next_days("silver") == [YESTERDAY]
    history.run("silver", YESTERDAY)
    assert history.next_days("silver") == []
    assert history.next_days("gold") == [YESTERDAY]


def test_sources_out_of_step_meet_again(history: History) -> None:
    """One source is a day late for ever: the day before and the day itself are built once each."""
    for day in (ago(3), ago(2), ago(1)):
        history.all_of(day, "head", "shop", "ads")
    history.run("desk", ago(3))
    assert history.next_days("silver") == [ago(3)]
    history.run("silver", ago(3))
    history.run("desk", ago(2), ago(1))
    assert history.next_days("silver") == [ago(2), ago(1)]


def test_three_days_down_are_caught_up_with_in_one_run(history: History) -> None:
    history.all_of(ago(4), "head", *SOURCES, "silver")
    assert history.next_days("head") == [ago(3), ago(2), ago(1)]
    history.run("head", ago(3), ago(2), ago(1))
    for source in SOURCES:
        assert history.next_days(source) == [ago(3), ago(2), ago(1)]
        history.run(source, ago(3), ago(2), ago(1))
    assert history.next_days("silver") == [ago(3), ago(2), ago(1)]


def test_an_order_for_an_old_day_makes_the_days_since_then_nobodys_debt(history: History) -> None:
    history.publish("head", history.choose("head", [ago(40)]), is_due=False)
    assert history.next_days("head") == [YESTERDAY]
    history.run("head", ago(3))
    assert history.next_days("head") == [ago(2), ago(1)]


def test_a_day_published_anew_is_stale_from_there_on(history: History) -> None:
    for day in (ago(2), ago(1)):
        history.all_of(day, "head", *SOURCES, "silver", "gold", "sync")
    history.run("desk", ago(2))
    assert history.next_days("silver") == [ago(2)]
    assert history.state("silver", ago(1)) is State.DONE
    assert history.next_days("gold") == [], "it waits for silver to be built anew, and then for no more than that day"
    history.run("silver", ago(2))
    assert history.next_days("gold") == [ago(2)]


def test_what_is_published_while_a_layer_is_built_stays_stale(history: History) -> None:
    history.all_of(YESTERDAY, "head", *SOURCES)
    read = history.choose("silver", [YESTERDAY])
    history.run("shop", YESTERDAY)
    history.publish("silver", read)
    assert history.next_days("silver") == [YESTERDAY]


def test_a_day_that_fails_holds_up_no_other(history: History) -> None:
    history.all_of(ago(2), "head", *SOURCES)
    history.choose("silver", [ago(2)])  # and fails
    history.all_of(ago(1), "head", *SOURCES)
    assert history.next_days("silver") == [ago(1)]
    history.run("silver", ago(1))
    assert history.next_days("silver") == [ago(2)], "it is tried again, by itself"
    history.run("desk", ago(2))
    history.run("head", ago(0))
    assert history.next_days("silver") == [ago(2)]


def test_a_range_has_no_day_that_is_not_ready(history: History) -> None:
    for day in (ago(4), ago(3), ago(1)):
        history.all_of(day, "head", *SOURCES)
    history.all_of(ago(2), "head", "shop", "ads")
    assert history.next_days("silver") == [ago(4), ago(3)]
    history.run("silver", ago(4), ago(3))
    assert history.next_days("silver") == [ago(1)]


def test_a_run_takes_no_more_days_than_declared_and_none_that_bronze_has_dropped(history: History) -> None:
    days = [ago(n) for n in range(95, 80, -1)]
    for step in ("head", *SOURCES):
        history.run(step, *days)
    assert history.next_days("silver") == [ago(n) for n in range(89, 84, -1)]


def test_a_source_given_up_holds_nobody_up_until_it_comes(history: History) -> None:
    history.all_of(YESTERDAY, "head", "shop", "ads")
    history.choose("desk", [YESTERDAY])
    history.mark("desk", YESTERDAY, accepted_by="ann", reason="the vendor is down")
    assert str(CHAIN.state(history.log, "desk", YESTERDAY)) == "given up by ann: the vendor is down"
    assert history.next_days("desk") == []
    assert history.next_days("silver") == [YESTERDAY]
    history.run("silver", YESTERDAY)
    history.run("desk", YESTERDAY)
    assert history.next_days("silver") == [YESTERDAY]


def test_a_source_that_joins_later_is_not_asked_for_the_days_before(history: History) -> None:
    for day in (ago(3), ago(2)):
        history.all_of(day, "head", "shop", "ads", "silver")  # before there was a desk
    history.all_of(ago(1), "head", "shop", "ads")
    assert CHAIN.state(history.log, "silver", ago(1)).lacks == ("desk",)
    assert history.next_days("desk") == [ago(1)]
    history.choose("desk", [ago(1)])  # and fails: it has joined all the same
    history.all_of(ago(0), "head", "shop", "ads")
    assert history.next_days("desk") == [ago(0)]
    assert CHAIN.state(history.log, "silver", ago(1)).lacks == ("desk",)
    history.run("shop", ago(2))
    assert history.next_days("silver") == [ago(2)]


def test_a_source_that_has_never_run_is_waited_for_from_the_first_day(history: History) -> None:
    for day in (ago(2), ago(1)):
        history.all_of(day, "head", "shop", "ads")
    assert history.next_days("silver") == []
    assert history.next_days("desk") == [ago(2), ago(1)]


def test_the_first_days_of_all_come_from_the_first_order(history: History) -> None:
    history.publish("head", history.choose("head", [ago(3), ago(2), ago(1)]), is_due=False)
    for source in SOURCES:
        assert history.next_days(source) == [ago(3), ago(2), ago(1)]


def test_a_sync_takes_all_days_at_once(history: History) -> None:
    for day in (ago(5), ago(1)):
        history.all_of(day, "head", *SOURCES, "silver", "gold")
    assert history.next_days("gold") == []
    assert history.next_days("sync") == [ago(5), ago(1)]


def test_the_table_of_what_is_waited_for(history: History) -> None:
    history.all_of(ago(2), "head", *SOURCES, "silver", "gold", "sync")
    history.all_of(ago(1), "head", "shop", "ads")
    ((day, states),) = CHAIN.open_states(history.log, TODAY)
    assert day == ago(1)
    assert {name: str(state) for name, state in states.items()} == {
        "desk": "ready",
        "silver": "waits desk",
        "gold": "waits silver",
        "sync": "waits gold",
    }


def test_a_step_that_does_not_exist() -> None:
    with pytest.raises(ChainError, match="no step 'bronze': use one of head, shop"):
        CHAIN.step("bronze")
    with pytest.raises(ChainError, match="no step 'tin'"):
        Chain([Step("silver", ("tin",))], keep_days=1, most_days=1)


@pytest.mark.parametrize(
    ("table", "days_ago", "grown"),
    [
        ("tickets", 1, True),  # read with its own day only
        ("tickets", 5, True),
        ("events", 1, False),  # the next day is built with the 3 before it
        ("events", 3, False),
        ("events", 4, True),
    ],
)
def test_rows_that_land_after_their_day_was_published(table: str, days_ago: int, grown: bool) -> None:
    marks = {ago(n): Mark(version=f"v{n}", row_counts={"tickets": 10, "events": 10}) for n in range(1, 7)}
    counts = {name: dict.fromkeys(marks, 10) for name in ("tickets", "events")}
    counts[table][ago(days_ago)] += 1
    assert grown_days(marks, counts, {"tickets": 0, "events": 3}) == ([ago(days_ago)] if grown else [])


def test_rows_that_were_deleted_make_no_day_stale() -> None:
    marks = {ago(1): Mark(version="v", row_counts={"tickets": 10})}
    assert grown_days(marks, {"tickets": {ago(1): 9}}, {"tickets": 0}) == []


def test_an_ordered_day_that_grows_waits_for_the_head(history: History) -> None:
    history.run("head", ago(2))
    assert CHAIN.begun(history.log, [ago(3), ago(2), ago(1)]) == [ago(3), ago(2)], "before the chain nobody is asked"
    history.run("head", ago(1))
    assert CHAIN.begun(history.log, [ago(1)]) == [ago(1)]


class Disturbed(RuleBasedStateMachine):
    """A warehouse of versions: what a table of a day holds is what the step read while it ran.

    Whatever happens in whatever order, the chain left alone then ends with the tables of a run that nothing has
    disturbed; and on the way nothing is built, unless by order, before all that it needs is there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history = History()
        self.today = TODAY
        self.landed: Counter[tuple[str, date]] = Counter()
        self.tables: dict[tuple[str, date], Any] = {}
        self.paused: set[str] = set()
        self.broken: set[tuple[str, date]] = set()
        self.open: dict[str, tuple[dict[date, frozenset[str]], bool]] = {}
        self.runs: list[tuple[str, list[date]]] = []
        self.given_up: set[tuple[str, date]] = set()

    @initialize()
    def first_day(self) -> None:
        self.work("head")

    # ── a run: it chooses, works, and publishes; anything may happen between the three ──────────────────

    def choose(self, step: str, days: list[date] | None = None) -> None:
        if step in self.open:
            return
        is_order = days is not None
        if days is None:
            days = self.history.next_days(step, self.today) or self.grown(step)
            assert step in ("head", "sync") or len(days) <= CHAIN.most_days
            for day in days:
                assert set(self.lacking(step, day)) == set(), (step, day)
        if days:
            self.open[step] = (self.history.choose(step, days), is_order)
            self.runs.append((step, days))

    def grown(self, step: str) -> list[date]:
        """Return days of a source in which rows have landed since it published them."""
        marks = self.history.log.get(step, {})
        counts = {"rows": {day: self.landed[step, day] for day in marks}}
        grown = CHAIN.begun(self.history.log, grown_days(marks, counts, {"rows": 0}))
        return CHAIN.first_range(grown) if step in SOURCES else []

    def lacking(self, step: str, day: date) -> list[str]:
        """Return what a step needs of a day and does not have."""
        marks = self.history.log
        joined = {source: min(marks[source]) for source in SOURCES if marks.get(source)}
        return [
            need
            for need in CHAIN.step(step).needs
            if not marks.get(need, {}).get(day, Mark()).version
            and (need, day) not in self.given_up
            # Nobody has asked it for this day: the chain had not begun, or the source was not there yet.
            and day >= joined.get(need, min(marks["head"]))
        ]

    def build(self, step: str) -> None:
        for day in self.open[step][0]:
            self.tables[step, day] = self.content(step, day)

    def content(self, step: str, day: date) -> Any:
        """What a step makes of a day now."""
        if step == "head":
            return "schema"
        if step in SOURCES:
            return self.landed[step, day]
        needs = CHAIN.step(step).needs
        return tuple(self.tables.get((need, day)) for need in needs)

    def finish(self, step: str) -> None:
        if step not in self.open:
            return
        if not any((step, day) in self.broken for day in self.open[step][0]):
            self.build(step)
            read, is_order = self.open[step]
            self.history.publish(step, read, is_due=not is_order, rows=self.landed)
        del self.open[step]

    def work(self, step: str) -> None:
        self.choose(step)
        self.finish(step)

    # ── what happens ──────────────────────────────────────────────────────────────────────────────────

    @rule()
    def a_day_passes(self) -> None:
        self.today += timedelta(days=1)

    @rule(step=st.sampled_from(STEPS))
    def wake(self, step: Step) -> None:
        if step.name not in self.paused:
            self.work(step.name)

    @rule(step=st.sampled_from(STEPS))
    def begin(self, step: Step) -> None:
        if step.name not in self.paused:
            self.choose(step.name)

    @rule(step=st.sampled_from(STEPS))
    def end(self, step: Step) -> None:
        self.finish(step.name)

    @rule(step=st.sampled_from(STEPS))
    def the_scheduler_dies(self, step: Step) -> None:
        if step.name in self.open:
            self.build(step.name)  # half of it, at worst
            del self.open[step.name]

    @rule(step=st.sampled_from(STEPS))
    def pause_or_unpause(self, step: Step) -> None:
        self.paused ^= {step.name}

    @rule(source=st.sampled_from(SOURCES), days=st.integers(1, 6))
    def land(self, source: str, days: int) -> None:
        """Rows land in a day, whether or not it has been built."""
        self.landed[source, self.today - timedelta(days=days)] += 1

    @rule(step=st.sampled_from(STEPS[1:]), days=st.integers(1, 8), length=st.integers(1, 3))
    def backfill(self, step: Step, days: int, length: int) -> None:
        first = self.today - timedelta(days=days)
        if step.name in self.open:
            return
        self.choose(step.name, [first + timedelta(days=n) for n in range(min(length, days))])
        self.finish(step.name)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def clear(self, data: st.DataObject) -> None:
        step, days = data.draw(st.sampled_from(self.runs))
        self.choose(step, days)
        self.finish(step)

    @rule(step=st.sampled_from(STEPS[1:]), days=st.integers(1, 4))
    def break_or_fix(self, step: Step, days: int) -> None:
        self.broken ^= {(step.name, self.today - timedelta(days=days))}

    @rule(source=st.sampled_from(SOURCES), days=st.integers(1, 4))
    def give_up(self, source: str, days: int) -> None:
        day = self.today - timedelta(days=days)
        marks = self.history.log.get(source, {})
        if marks and day >= min(marks):
            self.history.mark(source, day, accepted_by="ann", reason="enough")
            self.given_up.add((source, day))

    def teardown(self) -> None:
        """Fix and unpause everything, and leave the chain alone: the tables must be those of an undisturbed run."""
        self.paused.clear()
        self.broken.clear()
        self.open.clear()
        for _ in range(200):
            before = len(self.runs)
            for step in STEPS:
                self.work(step.name)
            if len(self.runs) == before:
                break
        else:
            pytest.fail("the chain finds something to do for ever")
        for day, mark in self.history.log["head"].items():
            sources = [
                source
                for source in SOURCES
                if day >= min(self.history.log.get(source, {self.today: None})) and (source, day) not in self.given_up
            ]
            if mark.version and sources:
                for source in sources:
                    assert self.tables[source, day] == self.landed[source, day], (source, day)
                expected = tuple(self.tables.get((source, day)) for source in SOURCES)
                assert self.tables["silver", day] == expected, day
                assert self.tables["gold", day] == (expected,), day
                assert self.tables["sync", day] == ((expected,),), day


TestDisturbed = Disturbed.TestCase
TestDisturbed.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
