"""The engine and its tables: what is planned, what is remembered, and what a crash leaves behind."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from martech.activation import engine
from martech.activation.changes import FatalError, Outcome
from martech.activation.sync import Condition, Consent


class Memory:
    """A destination in memory."""

    def __init__(self):
        self.held = {}
        self.sent = []
        self.refuse = set()
        self.dies_after = None

    def batch_size(self, pending, *, removes):
        return 3

    def prepare(self):
        pass

    def send(self, changes):
        outcomes = []
        for change in changes:
            self.sent.append((change.action, change.record_key))
            if change.record_key in self.refuse:
                outcomes.append(Outcome(change, "REFUSED", f"{change.record_key} of ann@example.com is refused"))
                continue
            if change.action == "remove":
                self.held.pop(change.record_key, None)
            else:
                self.held[change.record_key] = change.payload["Lead_Grade__c"]
            outcomes.append(Outcome(change, reference="r1"))
        if self.dies_after is not None and len(self.sent) >= self.dies_after:
            raise FatalError("The worker is gone.")  # what was applied is known to nobody
        return outcomes


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
def leads(warehouse):
    """Return a function that makes the source: grade by lead, and who has opted out."""

    def make(grades, opted_out=(), deleted=()):
        rows = ", ".join(f"('{key}', nullif('{grade or ''}', ''))" for key, grade in grades.items()) or "('', '')"
        warehouse.run(
            f"""create or replace table `@gold.lead_scores` as
            select lead_id, grade as lead_grade, 1.5 as lead_score, 0.5 as conversion_probability,
                cast(null as float64) as sales_readiness_score, 'sql' as qualification_status,
                'call' as recommended_next_action, false as is_converted
            from unnest(array<struct<lead_id string, grade string>>[{rows}]) where lead_id != ''"""
        )
        known = {*grades, *opted_out, *"abcdefgh"} - set(deleted)
        consent = ", ".join(f"('{key}', {str(key in opted_out).lower()})" for key in sorted(known))
        warehouse.run(
            f"""create or replace table `@silver.unified_leads` as
            select lead_id, is_unsubscribed
            from unnest(array<struct<lead_id string, is_unsubscribed bool>>[{consent}])"""
        )

    return make


@pytest.fixture
def run(warehouse, sync, memory):
    """Return a function that runs a sync once and returns the row of the run."""

    def once(declared=None, **options):
        declared = declared or sync("lead_scores", limits={"max_removed_percent": 100})
        ledger = warehouse.ledger(declared)
        plan_id = engine.plan_sync(ledger, declared, **options)
        engine.send_changes(ledger, declared, memory, plan_id)
        return engine.report_sync(ledger, declared, plan_id, run_id="r", full_resync=False, dry_run=False)

    return once


def test_only_changed_rows_travel(leads, run, memory, warehouse):
    leads({"a": "A", "b": "B", "c": "C"})
    run()
    memory.sent.clear()
    leads({"a": "A", "b": "D", "e": "E"})
    row = run()
    assert sorted(memory.sent) == [("add", "e"), ("change", "b"), ("remove", "c")]
    assert memory.held == {"a": "A", "b": "D", "e": "E"}
    assert (row["status"], row["adds"], row["changes"], row["removes"], row["in_destination"]) == (
        "succeeded",
        1,
        1,
        1,
        3,
    )
    changed = {r["record_key"]: r["changed_fields"] for r in warehouse.ops("changelog") if r["action"] == "change"}
    assert changed == {"b": "Lead_Grade__c"}
    assert run()["sent"] == 0


def test_noise_in_the_last_digit_is_no_change(leads, run, memory, warehouse):
    leads({"a": "A"})
    run()
    memory.sent.clear()
    warehouse.run("update `@gold.lead_scores` set lead_score = lead_score + 1e-9 where true")
    run()
    assert memory.sent == []


def test_a_full_resync_sends_unchanged_rows(leads, run, memory):
    leads({"a": "A", "b": "B"})
    run()
    memory.held.clear()
    run(full_resync=True)
    assert memory.held == {"a": "A", "b": "B"}


@pytest.mark.parametrize(
    ("mode", "held"), [("upsert", {"a": "Z", "b": "B"}), ("add_only", {"a": "A", "b": "B"}), ("mirror", {"a": "Z"})]
)
def test_modes(leads, run, memory, sync, mode, held):  # noqa: PLR0913, PLR0917 - fixtures
    declared = sync("lead_scores", mode=mode, limits={"max_removed_percent": 100})
    leads({"a": "A", "b": "B"})
    run(declared)
    leads({"a": "Z"})
    run(declared)
    assert memory.held == held


@pytest.mark.parametrize("mode", ["upsert", "add_only", "mirror"])
def test_people_without_consent_are_never_sent_and_are_removed(leads, run, memory, sync, mode):
    declared = sync("lead_scores", mode=mode, limits={"max_removed_percent": 100})
    leads({"a": "A", "b": "B", "c": "C", "d": "D"}, opted_out={"d"})
    run(declared)
    assert memory.held == {"a": "A", "b": "B", "c": "C"}
    # b opts out, c is deleted everywhere, e is new but nobody knows of a consent.
    leads({"a": "A", "b": "B", "d": "D", "e": "E"}, opted_out={"b", "d"}, deleted={"c", "e"})
    run(declared)
    assert memory.held == {"a": "A"}
    assert not {"d", "e"} & {key for _, key in memory.sent}


def test_consent_that_is_null_is_no_consent(leads, run, memory, warehouse):
    leads({"a": "A", "b": "B"})
    warehouse.run("update `@silver.unified_leads` set is_unsubscribed = null where lead_id = 'b'")
    run()
    assert memory.held == {"a": "A"}


def test_the_safety_stop_asks_for_confirmation(leads, run, memory, sync, warehouse):
    declared = sync("lead_scores", limits={"max_removed_percent": 40})
    leads({"a": "A", "b": "B", "c": "C", "d": "D"})
    run(declared)
    leads({"a": "A", "b": "X"})
    with pytest.raises(engine.SafetyStopError, match=r"remove 2 of 4 records \(50.0%\).*confirm_removals"):
        run(declared)
    assert len(memory.held) == 4
    assert warehouse.ops("outbox") == []
    run(declared, confirm_removals=True)
    assert memory.held == {"a": "A", "b": "X"}


def test_the_safety_stop_does_not_hold_up_an_erasure(leads, run, memory, sync, warehouse):
    declared = sync("lead_scores", limits={"max_removed_percent": 10})
    leads({"a": "A", "b": "B", "c": "C", "d": "D"})
    run(declared)
    warehouse.run(
        """insert into `@ops.erasure_identifiers` (request_id, kind, value, requested_at)
        values ('GDPR-1', 'salesforce:lead', 'b', current_timestamp())"""
    )
    try:
        leads({"a": "A", "d": "D"}, opted_out={"b", "c"})
        with pytest.raises(engine.SafetyStopError, match=r"remove 1 of 4 records \(25.0%\)"):
            run(declared)  # one more than asked to be erased
        leads({"a": "A", "c": "C", "d": "D"}, opted_out={"b"})
        run(declared)
    finally:
        warehouse.run("delete from `@ops.erasure_identifiers` where true")
    assert memory.held == {"a": "A", "c": "C", "d": "D"}


def test_rows_that_cannot_be_sent_are_rejected_with_the_reason(leads, run, memory, warehouse):
    leads({"a": "A", "b": None})
    warehouse.run(
        """insert into `@gold.lead_scores` (lead_id, lead_grade, lead_score)
        values (null, 'N', 1.0), ('d', 'D', 1.0), ('d', 'E', 2.0)"""
    )
    row = run()
    assert memory.held == {"a": "A"}
    assert (row["status"], row["rejected"], row["dead_letters"]) == ("succeeded_with_rejects", 3, 3)
    codes = {r["record_key"][:8]: r["error_code"] for r in warehouse.ops("dead_letters")}
    assert codes == {"b": "required_field_missing", "d": "duplicate_key", "(no key)": "missing_key"}
    assert run()["rejected"] == 0  # reported once
    warehouse.run("delete from `@gold.lead_scores` where lead_grade = 'E' or lead_id is null")
    run()
    assert memory.held == {"a": "A", "d": "D"}


@pytest.mark.parametrize("bad", ["cast('NaN' as float64)", "cast('inf' as float64)", "cast('-inf' as float64)"])
def test_a_number_that_json_does_not_know_is_rejected_and_holds_up_nobody(leads, run, memory, warehouse, bad):
    leads({"a": "A", "b": "B"})
    warehouse.run(f"update `@gold.lead_scores` set lead_score = {bad} where lead_id = 'b'")
    assert run()["rejects"] == 1
    assert memory.held == {"a": "A"}
    (dead,) = warehouse.ops("dead_letters")
    assert (dead["record_key"], dead["error_code"]) == ("b", "invalid_value")
    assert dead["error_message"] == "invalid_value: not of the declared type: lead_score"


def test_a_text_in_a_numeric_column_is_rejected(leads, run, memory, warehouse):
    leads({"a": "A", "b": "B"})
    warehouse.run(
        """create or replace table `@gold.lead_scores` as
        select * replace (if(lead_id = 'b', 'n/a', '12.5') as lead_score) from `@gold.lead_scores`"""
    )
    run()
    assert memory.held == {"a": "A"}
    assert {row["error_code"] for row in warehouse.ops("dead_letters")} == {"invalid_value"}


def test_a_dead_letter_waits_for_new_content_or_a_retry(leads, run, memory, warehouse):
    memory.refuse = {"b"}
    leads({"a": "A", "b": "B"})
    run()
    (dead,) = warehouse.ops("dead_letters")
    assert (dead["record_key"], dead["error_code"]) == ("b", "REFUSED")
    assert dead["error_message"] == "b of [email] is refused"
    memory.sent.clear()
    run()
    assert memory.sent == []
    run(retry_dead_letters=True)
    assert memory.sent == [("add", "b")]
    memory.refuse = set()
    leads({"a": "A", "b": "C"})
    run()
    assert memory.held == {"a": "A", "b": "C"}
    assert warehouse.ops("dead_letters") == []


def test_a_refused_removal_is_tried_again_at_every_run_until_it_is_done(leads, run, memory, sync):
    declared = sync("lead_scores", limits={"max_removed_percent": 40})
    leads({"a": "A", "b": "B", "c": "C"})
    run(declared)
    memory.refuse = {"b", "c"}
    leads({"a": "A", "b": "B", "c": "C"}, opted_out={"b", "c"})
    row = run(declared, confirm_removals=True)
    assert (row["status"], row["open_removals"]) == ("removals_open", 2)
    for _ in range(2):
        memory.sent.clear()
        row = run(declared)  # the removals were confirmed once: the safety stop does not ask again
        assert sorted(memory.sent) == [("remove", "b"), ("remove", "c")]
        assert (row["status"], row["open_removals"]) == ("removals_open", 2)
    memory.refuse = set()
    row = run(declared)
    assert memory.held == {"a": "A"}
    assert (row["status"], row["open_removals"]) == ("succeeded", 0)


def test_who_opts_in_again_after_a_refused_removal_stays(leads, run, memory, warehouse):
    leads({"a": "A", "b": "B"})
    run()
    memory.refuse = {"b"}
    leads({"a": "A", "b": "B"}, opted_out={"b"})
    run()
    leads({"a": "A", "b": "B"})
    memory.sent.clear()
    assert run()["status"] == "succeeded"
    assert (memory.sent, memory.held) == ([], {"a": "A", "b": "B"})
    assert warehouse.ops("dead_letters") == []


def test_a_run_with_open_dead_letters_has_not_simply_succeeded(leads, run, memory):
    memory.refuse = {"b"}
    leads({"a": "A", "b": "B"})
    run()
    row = run()
    assert (row["rejected"], row["dead_letters"], row["status"]) == (0, 1, "succeeded_with_rejects")


def test_a_dead_letter_whose_cause_is_gone_is_forgotten(leads, run, memory, warehouse):
    memory.refuse = {"b", "c"}
    leads({"a": "A", "b": "B", "c": None})
    run()
    assert {r["record_key"] for r in warehouse.ops("dead_letters")} == {"b", "c"}
    leads({"a": "A", "c": None}, opted_out={"c"})
    run()
    assert warehouse.ops("dead_letters") == []
    assert warehouse.ops("outbox") == []


def test_a_dry_run_shows_what_would_happen_and_writes_nothing(leads, run, memory, warehouse, sync):
    leads({"a": "A", "b": "B", "c": "C"}, opted_out={"c"})
    declared = sync("lead_scores")
    rows = warehouse.ledger(declared).preview(full_resync=False, retry_dead_letters=False)
    assert {r["action"]: r["records"] for r in rows} == {"add": 2, "suppressed": 1}
    assert next(r for r in rows if r["action"] == "add")["sample_keys"] == ["a", "b"]
    assert all(warehouse.ops(name) == [] for name in ("outbox", "state", "changelog"))
    assert memory.sent == []


def test_what_a_dead_run_may_have_sent_is_sent_again_even_if_the_source_went_back(leads, run, memory, warehouse):
    leads({"a": "A", "b": "B"})
    run()
    leads({"a": "Z", "b": "B", "c": "C"})
    memory.dies_after = 2 + 2
    with pytest.raises(FatalError):
        run()
    assert memory.held == {"a": "Z", "b": "B", "c": "C"}
    # The source is as it was: by the state alone there would be nothing to do.
    leads({"a": "A", "b": "B"})
    memory.dies_after = None
    run()
    assert memory.held == {"a": "A", "b": "B"}
    assert warehouse.ops("outbox") == []


def test_an_addition_of_a_dead_run_is_taken_back_when_consent_is_withdrawn(leads, run, memory, sync):
    declared = sync("lead_scores", mode="upsert", limits={"max_removed_percent": 100})
    leads({"a": "A"})
    memory.dies_after = 1
    with pytest.raises(FatalError):
        run(declared)
    memory.dies_after = None
    leads({})  # left the source: an upsert leaves it where it is
    run(declared)
    assert memory.held == {"a": "A"}
    leads({}, opted_out={"a"})
    run(declared)
    assert memory.held == {}


def test_a_resumed_plan_goes_on_where_it_stopped(leads, memory, warehouse, sync):
    declared = sync("lead_scores", limits={"concurrency": 1, "record_every_rows": 1})
    ledger = warehouse.ledger(declared)
    leads(dict.fromkeys("abcdefgh", "A"))
    plan_id = engine.plan_sync(ledger, declared)
    memory.dies_after = 6
    with pytest.raises(FatalError):
        engine.send_changes(ledger, declared, memory, plan_id)
    assert ledger.progress(plan_id).sent == 3
    memory.dies_after = None
    memory.sent.clear()
    engine.send_changes(ledger, declared, memory, plan_id)
    assert [key for _, key in memory.sent] == list("defgh")
    assert ledger.progress(plan_id).pending == 0


def test_a_crash_while_settling_is_made_good(  # noqa: PLR0913, PLR0917 - fixtures
    leads, run, memory, warehouse, sync, monkeypatch
):
    declared = sync("lead_scores")
    ledger = warehouse.ledger(declared)
    leads({"a": "A", "b": "B"})
    plan_id = engine.plan_sync(ledger, declared)
    statements = type(ledger)._settle_statements
    with monkeypatch.context() as patch:
        patch.setattr(type(ledger), "_settle_statements", lambda self: statements(self)[:1])  # then it dies
        engine.send_changes(ledger, declared, memory, plan_id)
    assert len(warehouse.ops("outbox")) == 2
    memory.sent.clear()
    assert run(declared)["in_destination"] == 2
    assert memory.sent == []


def test_another_column_than_the_key_can_name_the_person(leads, run, memory, sync, warehouse):
    leads({"a": "A", "b": "B"})
    warehouse.run("create or replace table `@silver.people` as select 'B' as person_id, true as is_ok")
    consent = Consent("silver.people", "person_id", "lead_grade", Condition("is_ok", "is", True))
    run(sync("lead_scores", consent=consent))
    assert memory.held == {"b": "B"}


SOURCES = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("ABC"))
ROUNDS = st.lists(
    st.tuples(SOURCES, st.sets(st.sampled_from("abcdefgh"), max_size=3), st.one_of(st.none(), st.integers(1, 6))),
    min_size=2, max_size=3,
)  # fmt: skip


# Each example takes seconds: shrinking would take minutes.
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rounds=ROUNDS)
def test_any_history_with_crashes_ends_with_the_source(leads, run, memory, warehouse, rounds):
    warehouse.empty_ops_tables()
    memory.held.clear()
    for source, opted_out, dies_after in rounds:
        leads(source, opted_out)
        memory.sent.clear()
        memory.dies_after = dies_after
        try:
            run()
        except FatalError:
            continue
    memory.dies_after = None
    run()
    source, opted_out, _ = rounds[-1]
    assert memory.held == {key: grade for key, grade in source.items() if key not in opted_out}
    assert warehouse.ops("outbox") == []
