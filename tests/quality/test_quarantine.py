"""Malformed rows are taken out, kept, and come back: nothing is lost and nothing doubled, whatever is interrupted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from martech.alerts.messages import Alert
from martech.quality.malformed import RawRules
from martech.quality.quarantine_client import QuarantineClient
from martech.quality.quarantine_operators import QuarantineRowsOperator, ReplayRowsOperator

from tests.quality.conftest import COLUMNS, DAY, PROJECT, Shop

WHERE = {"project_id": PROJECT, "location": "US"}
NEXT_YEAR = DAY + timedelta(days=365)
GOOD = 3
# Two rows that are alike, one without a key, a blank one, one from the future, one beyond the range.
BAD = f"""
    (null, '{DAY}', 7, 'paid', 12.34, parse_json('{{"note": "it\\'s \\\\"quoted\\\\""}}'), '{DAY} 10:00:00.123456'),
    (null, '{DAY}', 7, 'paid', 12.34, parse_json('{{"note": "it\\'s \\\\"quoted\\\\""}}'), '{DAY} 10:00:00.123456'),
    (101, '{DAY}', 8, ' ', 1, null, '{DAY} 11:00:00'),
    (102, '{NEXT_YEAR}', 9, 'open', 0.5, null, '{DAY} 12:00:00'),
    (103, '{DAY}', null, 'open', -5, parse_json('[1, 2.5]'), '{DAY} 13:00:00')
"""


@pytest.fixture
def rules(empty_shop: Shop) -> RawRules:
    return RawRules(
        dataset_id=empty_shop.dataset,
        name="orders",
        columns=COLUMNS,
        required=("id", "event_date", "status"),
        partition_field="event_date",
        ranges={"amount": (0, 1000)},
    )


@pytest.fixture
def dirty(empty_shop: Shop) -> Shop:
    """A day with three good and five malformed orders."""
    empty_shop.land([DAY], GOOD)
    empty_shop.query(f"insert into {{orders}} values {BAD}")
    return empty_shop


def quarantine(shop: Shop, rules: RawRules, context: dict[str, Any], **kwargs: Any) -> dict[str, int]:
    return QuarantineRowsOperator(
        task_id="quarantine_rows",
        load_tables=lambda: [rules],
        days=[DAY],
        quarantine_table=shop.table("quarantined_rows"),
        **WHERE,
        **kwargs,
    ).execute(context)


def replay(shop: Shop, rules: RawRules, context: dict[str, Any]) -> list[str]:
    context["params"] = {"replay": True}
    operator = ReplayRowsOperator(
        task_id="replay_rows", load_tables=lambda: [rules], quarantine_table=shop.table("quarantined_rows"), **WHERE
    )
    return operator.execute(context)


def fingerprint(shop: Shop) -> list[str]:
    """Return every raw row."""
    return sorted(row["text"] for row in shop.query("select to_json_string(t) as text from {orders} as t"))


def kept(shop: Shop) -> dict[str, int]:
    """Return the copies in quarantine by reason."""
    rows = shop.query("select reason, copies from {quarantined_rows} where status = 'quarantined'")
    return {row["reason"]: row["copies"] for row in rows}


ALL_KEPT = {
    "id is missing": 2,
    "status is missing": 1,
    "event_date is in the future": 1,
    "amount is below 0": 1,
}


def correct(shop: Shop) -> None:
    """Correct every row by hand, as an operator would."""
    for old, new in (('"id":null', '"id":100'), ('"status":" "', '"status":"sent"'), (f"{NEXT_YEAR}", f"{DAY}")):
        shop.query(f"update {{quarantined_rows}} set row_json = replace(row_json, '{old}', '{new}') where true")
    shop.query(
        "update {quarantined_rows} set row_json = regexp_replace(row_json, r'\"amount\":-5', '\"amount\":5') where true"
    )


def test_good_rows_cost_one_query_and_stay(empty_shop: Shop, rules: RawRules, context: dict[str, Any]) -> None:
    empty_shop.land([DAY], GOOD)
    assert quarantine(empty_shop, rules, context) == {}
    assert len(fingerprint(empty_shop)) == GOOD
    assert kept(empty_shop) == {}


def test_malformed_rows_are_moved_and_told(dirty: Shop, rules: RawRules, context: dict[str, Any]) -> None:
    told: list[Alert] = []
    found = quarantine(dirty, rules, context, alert=lambda alert, _: told.append(alert))
    assert found == {"orders": 5}
    assert kept(dirty) == ALL_KEPT
    assert len(fingerprint(dirty)) == GOOD
    assert "Silver cannot use 5 of orders" in told[0].reason
    assert '{"replay": true}' in told[0].fix
    assert told[0].severity == "warning"


def test_other_days_are_left_alone(dirty: Shop, rules: RawRules, context: dict[str, Any]) -> None:
    dirty.query(f"update {{orders}} set event_date = '{DAY - timedelta(days=1)}' where id = 101")
    quarantine(dirty, rules, context)
    assert "status is missing" not in kept(dirty)


def test_second_run_changes_nothing(dirty: Shop, rules: RawRules, context: dict[str, Any]) -> None:
    quarantine(dirty, rules, context)
    assert quarantine(dirty, rules, context) == {}
    assert kept(dirty) == ALL_KEPT


def test_crash_between_copy_and_delete(
    dirty: Shop, rules: RawRules, context: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = QuarantineClient.query

    def crash_on_delete(self: QuarantineClient, sql: str, **values: Any) -> Any:
        if "delete from" in sql:
            raise ConnectionError("the worker was lost")
        return ask(self, sql, **values)

    before = fingerprint(dirty)
    with monkeypatch.context() as patch:
        patch.setattr(QuarantineClient, "query", crash_on_delete)
        with pytest.raises(ConnectionError):
            quarantine(dirty, rules, context)
    assert fingerprint(dirty) == before, "what is not deleted is not lost"
    assert kept(dirty) == ALL_KEPT
    quarantine(dirty, rules, context)
    assert len(fingerprint(dirty)) == GOOD
    assert kept(dirty) == ALL_KEPT, "the rows were counted once"


def test_row_that_lands_between_copy_and_delete_is_not_lost(
    dirty: Shop, rules: RawRules, context: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = QuarantineClient.query

    def land_before_delete(self: QuarantineClient, sql: str, **values: Any) -> Any:
        if "delete from" in sql:
            dirty.query(f"insert into {{orders}} values (null, '{DAY}', 1, 'new', 1, null, '{DAY} 23:00:00')")
        return ask(self, sql, **values)

    with monkeypatch.context() as patch:
        patch.setattr(QuarantineClient, "query", land_before_delete)
        quarantine(dirty, rules, context)
    assert len(fingerprint(dirty)) == GOOD + 1
    quarantine(dirty, rules, context)
    assert len(fingerprint(dirty)) == GOOD


def test_replay_gives_every_row_back_as_it_was(dirty: Shop, rules: RawRules, context: dict[str, Any]) -> None:
    before = fingerprint(dirty)
    quarantine(dirty, rules, context)
    # Rules that find nothing wrong: the rows must come back to the letter, both copies of the first.
    lenient = RawRules(dirty.dataset, "orders", COLUMNS, (), "event_date", {})
    dirty.query(f"update {{quarantined_rows}} set row_json = replace(row_json, '{NEXT_YEAR}', '{DAY}') where true")
    assert replay(dirty, lenient, context) == [str(DAY)]
    assert fingerprint(dirty) == sorted(text.replace(f"{NEXT_YEAR}", f"{DAY}") for text in before)
    assert kept(dirty) == {}


def test_corrected_rows_come_back_and_the_others_wait(dirty: Shop, rules: RawRules, context: dict[str, Any]) -> None:
    quarantine(dirty, rules, context)
    assert replay(dirty, rules, context) == [], "nothing has been corrected yet"
    correct(dirty)
    dirty.query(
        'update {quarantined_rows} set row_json = replace(row_json, \'"id":101\', \'"id":"one hundred"\') where true'
    )
    assert replay(dirty, rules, context) == [str(DAY)]
    assert kept(dirty) == {"status is missing": 1}, "a value that does not fit its type must not become a null"
    assert len(fingerprint(dirty)) == GOOD + 4
    assert quarantine(dirty, rules, context) == {}, "what came back is good"


def test_crash_between_return_and_mark(
    dirty: Shop, rules: RawRules, context: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    quarantine(dirty, rules, context)
    correct(dirty)
    ask = QuarantineClient.query

    def crash_on_mark(self: QuarantineClient, sql: str, **values: Any) -> Any:
        if "set status = 'replayed'" in sql:
            raise ConnectionError("the worker was lost")
        return ask(self, sql, **values)

    with monkeypatch.context() as patch:
        patch.setattr(QuarantineClient, "query", crash_on_mark)
        with pytest.raises(ConnectionError):
            replay(dirty, rules, context)
    returned = fingerprint(dirty)
    assert len(returned) == GOOD + 5
    assert replay(dirty, rules, context) == [str(DAY)]
    assert fingerprint(dirty) == returned, "rows that are there already are not put back twice"
    assert kept(dirty) == {}
    assert replay(dirty, rules, context) == []


def test_row_that_goes_bad_again_is_quarantined_again(dirty: Shop, rules: RawRules, context: dict[str, Any]) -> None:
    lenient = RawRules(dirty.dataset, "orders", COLUMNS, ("id",), "event_date", {})
    quarantine(dirty, rules, context)
    replay(dirty, lenient, context)
    assert "amount is below 0" not in kept(dirty)
    quarantine(dirty, rules, context)
    assert kept(dirty) == ALL_KEPT


def test_nothing_is_replayed_unasked(dirty: Shop, rules: RawRules, context: dict[str, Any]) -> None:
    quarantine(dirty, rules, context)
    operator = ReplayRowsOperator(
        task_id="replay_rows", load_tables=lambda: [rules], quarantine_table=dirty.table("quarantined_rows"), **WHERE
    )
    assert operator.execute({**context, "params": {"replay": False}}) == []
    assert kept(dirty) == ALL_KEPT
