"""Slack: a message per customer who became critical, once, against a server that keeps Slack's contract."""

from __future__ import annotations

import json

import pytest
from martech.activation import engine
from martech.activation.changes import BatchRejectedError, Change, FatalError, TransientError
from martech.activation.delivery import Delivery
from martech.activation.hooks.slack import SlackHook, escaped

from tools.destinations.server import FAULTS, Faults

PAYLOAD = {
    "Name": "Ann <!channel> & Co",
    "Account": "Acme",
    "Health": 12.5,
    "Weakest_component": "recency",
    "Recommended_actions": "Call; Offer a discount",
    "Owner": "005A",
}


@pytest.fixture
def declared(sync):
    return sync("critical_customers", limits={"requests_per_second": 1000})


@pytest.fixture
def hook(slack, declared):
    return SlackHook(declared)


def message(number: int, **fields) -> Change:
    return Change(f"c{number}", "add", PAYLOAD | fields, occurrence=f"o{number}")


def set_health(warehouse, category: str, *numbers: int) -> None:
    keys = ", ".join(f"'c{number:08d}'" for number in numbers)
    warehouse.run(
        f"update `@gold.customer_health_scores` set health_category = '{category}' where customer_id in ({keys})"
    )


def told(slack) -> list[str]:
    """Return the names of all messages, oldest first."""
    return [message["text"].removeprefix("A customer became critical: Ann-Marie O'Neil ") for message in slack.messages]


def test_who_became_critical_is_told_of_once_and_again_after_a_recovery(warehouse, slack, declared, run_tasks):
    warehouse.make_customers(6)
    set_health(warehouse, "critical", 1, 2)
    assert run_tasks(declared)["in_destination"] == 2
    assert told(slack) == []  # they were critical before anybody was to be told
    set_health(warehouse, "critical", 3, 4)
    run_tasks(declared)
    assert told(slack) == ["3", "4"]
    # Who stays critical is not told of again, whatever else changes.
    warehouse.run("update `@gold.customer_health_scores` set health_score = 1, account_owner_id = '005B' where true")
    run_tasks(declared)
    run_tasks(declared, full_resync=True)
    assert told(slack) == ["3", "4"]
    set_health(warehouse, "healthy", 1, 3)
    assert run_tasks(declared)["in_destination"] == 2
    set_health(warehouse, "critical", 1, 3)
    run_tasks(declared)
    assert told(slack) == ["3", "4", "1", "3"]


def test_a_test_message_in_the_first_run_tells_of_nobody_else(warehouse, slack, declared, run_tasks):
    warehouse.make_customers(3)
    set_health(warehouse, "critical", 1, 2, 3)
    run_tasks(declared, only_key="c00000002")
    run_tasks(declared)
    assert told(slack) == ["2"]


def test_the_first_run_tells_of_everybody_where_it_is_asked_to(warehouse, slack, declared, run_tasks):
    warehouse.make_customers(2)
    set_health(warehouse, "critical", 1, 2)
    run_tasks(declared, full_resync=True)
    assert sorted(told(slack)) == ["1", "2"]


def test_an_erased_persons_messages_are_deleted(warehouse, slack, declared, run_tasks):
    warehouse.make_customers(2)
    run_tasks(declared)
    set_health(warehouse, "critical", 1, 2)
    run_tasks(declared)
    warehouse.run(
        """insert into `@ops.erasure_identifiers` (request_id, kind, value, requested_at)
        values ('r1', 'customer', 'c00000001', current_timestamp())"""
    )
    try:
        run_tasks(declared)
    finally:
        warehouse.run("delete from `@ops.erasure_identifiers` where true")
    assert told(slack) == ["2"]
    assert [row["record_key"] for row in warehouse.ops("state")] == ["c00000002"]


def test_a_message_shows_what_is_declared_and_commands_nothing(slack, sync):
    options = sync("critical_customers").options | {"mentions": {"005A": "U0123456789"}}
    SlackHook(sync("critical_customers", options=options)).send([message(1, Account=None, Health=0.0)])
    (posted,) = slack.messages
    assert posted["text"] == "A customer became critical: Ann &lt;!channel&gt; &amp; Co"
    heading, fields = posted["blocks"]
    assert heading["text"]["text"] == "*A customer became critical*"
    assert [field["text"] for field in fields["fields"]] == [
        "*Name*\nAnn &lt;!channel&gt; &amp; Co", "*Health*\n0.0", "*Weakest component*\nrecency",
        "*Recommended actions*\nCall; Offer a discount", "*Owner*\n<@U0123456789>",
    ]  # fmt: skip
    assert slack.controls() == ["@U0123456789"]


def test_a_long_value_is_cut_between_characters(hook, slack):
    hook.send([message(1, Name="&" * 5_000, Account="x" * 5_000)])
    assert slack.deliveries == 1
    assert escaped("&&&", 11) == "&amp;&amp;…"
    assert escaped("abc", 4) == "abc"


def test_slacks_rate_limit_is_kept_and_its_pause_waited_for(slack, sync):
    slack.seconds_per_message = 1.0
    hook = SlackHook(sync("critical_customers", limits={"requests_per_second": 1000}))
    with pytest.raises(TransientError) as error:
        hook.send([message(1), message(2)])
    assert error.value.retry_after == 1
    kept = SlackHook(sync("critical_customers"))
    kept.send([message(1), message(2), message(3)])
    assert (slack.limited, slack.deliveries, slack.repeats) == (1, 3, 0)


@pytest.mark.parametrize("kind", ["reset_after", "timeout_after", "truncated_after"])
def test_a_lost_answer_posts_nothing_twice(slack, sync, kind):
    declared = sync("critical_customers", limits={"requests_per_second": 1000, "timeout_seconds": 0.2})
    hook = SlackHook(declared)
    hook.send([message(1)])
    slack.faults = Faults(rate=1, kinds=(kind,), hang_seconds=0.5)
    with pytest.raises(TransientError):
        hook.send([message(2)])
    slack.faults = Faults()
    assert hook.send([message(2)])[0].reference == slack.messages[1]["ts"]
    # Another process, which knows nothing of the first.
    SlackHook(declared).send([message(1), message(2), message(3)])
    assert (slack.deliveries, slack.repeats) == (3, 0)


def test_the_history_is_read_page_by_page(slack, declared, hook, monkeypatch):
    hook.send([message(number) for number in range(5)])
    monkeypatch.setattr("martech.activation.hooks.slack.MESSAGES_PER_PAGE", 2)
    SlackHook(declared).send([message(number) for number in range(5)])
    assert (slack.deliveries, slack.repeats) == (5, 0)


def test_a_refused_message_is_rejected_and_quotes_nobody(hook, slack):
    slack.refused = {"Bert": "invalid_blocks"}
    with pytest.raises(BatchRejectedError, match="invalid_blocks"):
        hook.send([message(1, Name="Bert")])
    hook.send([message(2)])
    assert slack.deliveries == 1


@pytest.mark.parametrize(("change", "code"), [({"password": "xoxb-wrong"}, "invalid_auth"), ({}, "channel_not_found")])
def test_an_error_in_http_200_names_the_fix_and_no_secret(slack, sync, monkeypatch, change, code):
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_DEFAULT", json.dumps(slack.connection() | change))
    declared = sync("critical_customers")
    options = declared.options if change else declared.options | {"channel": "C9999999999"}
    with pytest.raises(FatalError, match=rf"{code}.*invite the app") as error:
        SlackHook(sync("critical_customers", options=options)).send([message(1)])
    assert "xoxb" not in str(error.value)


def test_a_passing_error_in_http_200_is_tried_again(hook, slack):
    slack.refused = {"Ann": "internal_error"}
    with pytest.raises(TransientError, match="internal_error"):
        hook.send([message(1)])


def test_faults_and_a_dead_run_lose_nothing_and_tell_nobody_twice(warehouse, slack, sync, run_tasks, caplog):
    """A fifth of all requests fails in every way, and a run dies with what it has posted unrecorded."""
    declared = sync(
        "critical_customers",
        limits={"requests_per_second": 1000, "timeout_seconds": 0.2, "max_attempts": 12, "concurrency": 4},
    )
    warehouse.make_customers(60)
    run_tasks(declared)
    set_health(warehouse, "critical", *range(1, 61))
    kinds = tuple(kind for kind in FAULTS if kind not in ("expired_session", "row_locked", "throttled"))
    slack.faults = Faults(rate=0.2, kinds=kinds, hang_seconds=0.4, seed=6)
    ledger = warehouse.ledger(declared)
    plan_id = engine.plan_sync(ledger, declared)
    _, pending = ledger.pending(plan_id, removes=False)
    dying = Delivery(SlackHook(declared), max_attempts=12, stopped=engine.threading.Event(), sleep=lambda _: None)
    for change in list(pending)[:20]:
        dying.deliver([change])
    run_tasks(declared)
    assert sorted(told(slack), key=int) == [str(number) for number in range(1, 61)]
    assert (slack.deliveries, slack.repeats) == (60, 0)
    assert (warehouse.ops("outbox"), warehouse.ops("dead_letters")) == ([], [])
    assert set(slack.faulted) == set(kinds)
    assert "O'Neil" not in caplog.text
    for name in ("changelog", "state", "runs"):
        assert "O'Neil" not in str(warehouse.ops(name))


@pytest.fixture
def digest(sync):
    return sync("customers_at_risk", limits={"requests_per_second": 1000})


# Written by hand, not made from the declaration: at risk today, and not on the day before.
NEW_AT_RISK = """
    select
        today.full_name, today.account_name, today.health_category, today.health_score, today.weakest_component,
        array_to_string(today.recommended_actions, '; ') as actions, today.account_owner_id, today.customer_id
    from `@gold.customer_health_scores` as today
    left join `@gold.customer_health_before` as before
        on today.customer_id = before.customer_id and before.health_category in ('at_risk', 'critical')
    where today.health_category in ('at_risk', 'critical') and before.customer_id is null
    order by today.customer_id"""


def lines(message) -> list[str]:
    """Return what a digest says of each customer."""
    return [block["text"]["text"] for block in message["blocks"][1:]]


def expected_lines(warehouse) -> list[str]:
    return [
        f"*{row['full_name']}* · Account: Acme &amp; &lt;Sons&gt; · Health: {row['health_category']} · "
        f"Score: {row['health_score']:g} · Weakest component: {row['weakest_component']} · "
        f"Recommended actions: {row['actions']} · Owner: {row['account_owner_id']} · Customer: {row['customer_id']}"
        for row in warehouse.run(NEW_AT_RISK)
    ]


def begin_day(warehouse) -> None:
    """Keep what gold says, as that of the day before; with scores of one decimal, as gold has them."""
    warehouse.run("update `@gold.customer_health_scores` set health_score = round(health_score, 1) where true")
    warehouse.run(
        "create or replace table `@gold.customer_health_before` as select * from `@gold.customer_health_scores`"
    )


def test_a_day_has_one_message_with_everybody_who_became_at_risk(warehouse, slack, digest, run_tasks):
    warehouse.make_customers(9)
    set_health(warehouse, "at_risk", 1, 2)
    begin_day(warehouse)
    assert run_tasks(digest)["in_destination"] == 2
    assert slack.messages == []  # the first run takes stock

    set_health(warehouse, "critical", 2, 3)  # the second was at risk already
    set_health(warehouse, "at_risk", 4)
    set_health(warehouse, "healthy", 1)
    assert (run_tasks(digest, dry_run=True)["sent"], slack.messages) == (0, [])
    run_tasks(digest)
    (message,) = slack.messages
    assert message["text"] == "Customers who became at risk: 2"
    assert lines(message) == expected_lines(warehouse) != []

    # Again on the same day, and on one with nobody: nothing.
    run_tasks(digest)
    run_tasks(digest, full_resync=True)
    begin_day(warehouse)
    set_health(warehouse, "healthy", 2)
    run_tasks(digest)
    assert slack.deliveries == 1

    # Who was never seen before counts, and who has recovered and is at risk again.
    begin_day(warehouse)
    set_health(warehouse, "at_risk", 1)
    warehouse.run(
        "insert into `@silver.customer_360` select * replace ('c00000010' as customer_id) from `@silver.customer_360` "
        "where customer_id = 'c00000009'"
    )
    warehouse.run(
        "insert into `@gold.customer_health_scores` select * replace ('c00000010' as customer_id, 'critical' as "
        "health_category) from `@gold.customer_health_scores` where customer_id = 'c00000009'"
    )
    run_tasks(digest)
    assert lines(slack.messages[1]) == expected_lines(warehouse)
    assert [line.rpartition(" ")[2] for line in lines(slack.messages[1])] == ["c00000001", "c00000010"]


def test_more_than_a_message_holds_are_told_of_in_several(warehouse, slack, digest, run_tasks):
    warehouse.make_customers(60)
    run_tasks(digest)
    begin_day(warehouse)
    set_health(warehouse, "at_risk", *range(1, 61))
    run_tasks(digest)
    assert [len(lines(message)) for message in slack.messages] == [49, 11]
    assert [line for message in slack.messages for line in lines(message)] == expected_lines(warehouse)


def test_an_erased_person_is_taken_out_of_a_digest(warehouse, slack, digest, run_tasks):
    warehouse.make_customers(3)
    run_tasks(digest)
    for numbers in ((1, 2), (3,)):
        set_health(warehouse, "at_risk", *numbers)
        run_tasks(digest)
    warehouse.run(
        """insert into `@ops.erasure_identifiers` (request_id, kind, value, requested_at) values
        ('r1', 'customer', 'c00000001', current_timestamp()), ('r1', 'customer', 'c00000003', current_timestamp())"""
    )
    try:
        run_tasks(digest)
    finally:
        warehouse.run("delete from `@ops.erasure_identifiers` where true")
    (message,) = slack.messages
    assert [line.rpartition(" ")[2] for line in lines(message)] == ["c00000002"]
    set_health(warehouse, "healthy", 1, 3)  # as if they were gone from gold
    # What is left is still known: it is not told of again.
    assert run_tasks(digest)["sent"] == 0
    assert slack.deliveries == 2


@pytest.mark.parametrize("kind", ["reset_after", "timeout_after", "truncated_after"])
def test_a_digest_whose_answer_was_lost_is_not_posted_again(slack, sync, kind):
    declared = sync("customers_at_risk", limits={"requests_per_second": 1000, "timeout_seconds": 0.2})
    hook = SlackHook(declared)
    hook.send([message(1)])
    slack.faults = Faults(rate=1, kinds=(kind,), hang_seconds=0.5)
    with pytest.raises(TransientError):
        hook.send([message(2), message(3)])
    slack.faults = Faults()
    # Another process asks the channel, and posts whom it has not told of only.
    again = SlackHook(declared).send([message(number) for number in (1, 2, 3, 4)])
    assert [outcome.reference for outcome in again] == [slack.messages[i]["ts"] for i in (0, 1, 1, 2)]
    assert (slack.deliveries, slack.repeats) == (3, 0)


def test_the_longest_digest_is_taken(slack, digest):
    fields = {column.to: "&" * 5_000 for column in digest.columns}
    changes = [Change(f"c{n}", "add", fields, occurrence=f"{n:064}") for n in range(49)]
    assert {outcome.reference for outcome in SlackHook(digest).send(changes)} == {slack.messages[0]["ts"]}
