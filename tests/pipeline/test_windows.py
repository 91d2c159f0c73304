from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from include.pipeline.windows import WINDOW_MACROS, Window, WindowError, ordered_days, resolve_window, window_of

TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
YESTERDAY = Window(date(2026, 11, 23), date(2026, 11, 23))
DAILY = (datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))

days = st.dates(date(2020, 1, 1), TODAY)
ranges = st.tuples(days, days).map(sorted)


def resolve(**kwargs: Any) -> Window:
    arguments = {"params": {}, "event_extras": [], "interval": None, "run_at": NOON, "today": TODAY, **kwargs}
    return resolve_window(**arguments)


def given_days(start: object, end: object) -> dict[str, object]:
    return {"start_date": start, "end_date": end}


def test_params_come_before_events_and_interval() -> None:
    window = resolve(
        params=given_days("2026-11-01", "2026-11-03"),
        event_extras=[given_days("2026-11-10", "2026-11-11")],
        interval=DAILY,
    )
    assert window.days == [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)]
    assert window.as_dict() == given_days("2026-11-01", "2026-11-03")


def test_events_come_before_the_interval_and_are_spanned() -> None:
    extras = [{}, given_days("2026-11-10", "2026-11-11"), None, given_days("2026-11-05", "2026-11-10")]
    assert resolve(event_extras=extras, interval=DAILY) == Window(date(2026, 11, 5), date(2026, 11, 11))


@pytest.mark.parametrize("params", [{}, given_days(None, None), given_days("", "")])
def test_interval_without_its_end(params: dict[str, object]) -> None:
    assert resolve(params=params, interval=DAILY) == Window(date(2026, 11, 21), date(2026, 11, 21))


def test_interval_of_several_days() -> None:
    interval = (datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))
    assert resolve(interval=interval) == Window(date(2026, 11, 16), date(2026, 11, 22))


def test_an_interval_that_ends_within_a_day_leaves_that_day_to_the_next_run() -> None:
    half_past = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
    day = timedelta(days=1)
    runs = [resolve(interval=(half_past + n * day, half_past + (n + 1) * day)).days for n in range(2)]
    assert runs == [[date(2026, 11, 22)], [date(2026, 11, 23)]]


@pytest.mark.parametrize("interval", [None, (NOON, NOON)])
def test_run_by_hand_means_yesterday(interval: tuple[datetime, datetime] | None) -> None:
    assert resolve(interval=interval) == YESTERDAY


def test_days_are_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert resolve(run_at=datetime(2026, 11, 24, 8, tzinfo=tokyo)).end == date(2026, 11, 22)
    interval = (datetime(2026, 11, 22, 9, tzinfo=tokyo), datetime(2026, 11, 23, 9, tzinfo=tokyo))
    assert resolve(interval=interval) == Window(date(2026, 11, 22), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (given_days("2026-11-02", "2026-11-01"), "start_date 2026-11-02 is after end_date 2026-11-01: swap"),
        (given_days("2026-11-24", "2026-11-25"), "end_date 2026-11-25 is in the future"),
        (given_days("1.11.2026", "2026-11-01"), "start_date='1.11.2026' in the run's params is not a date"),
        (given_days("2026-11-31", "2026-11-31"), "write it as YYYY-MM-DD"),
        (given_days("2026-11-01", None), "has start_date only: give both"),
        (given_days("", "2026-11-01"), "has end_date only: give both"),
    ],
)
def test_wrong_windows_name_the_fix(params: dict[str, object], message: str) -> None:
    with pytest.raises(WindowError, match=message):
        resolve(params=params)


def test_wrong_event_is_told_apart_from_params() -> None:
    with pytest.raises(WindowError, match="in an asset event's extra is not a date"):
        resolve(event_extras=[given_days("yesterday", "today")])


@settings(deadline=None)  # the machine may be busy
@given(st.lists(ranges, min_size=1, max_size=9))
def test_window_covers_exactly_the_span_of_all_events(spans: list[list[date]]) -> None:
    window = resolve(event_extras=[given_days(start.isoformat(), end.isoformat()) for start, end in spans])
    assert window.start == min(start for start, _ in spans)
    assert window.end == max(end for _, end in spans)
    assert window.days[0] == window.start
    assert window.days[-1] == window.end
    assert len(set(window.days)) == len(window.days) == (window.end - window.start).days + 1


@settings(deadline=None)  # the machine may be busy
@given(days.filter(lambda day: day < TODAY), st.integers(1, 60))
def test_daily_intervals_tile_what_one_backfill_covers(first: date, length: int) -> None:
    length = min(length, (TODAY - first).days)
    starts = [datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=n) for n in range(length)]
    daily = [day for start in starts for day in resolve(interval=(start, start + timedelta(days=1))).days]
    assert daily == resolve(interval=(starts[0], starts[-1] + timedelta(days=1))).days


def context_of(**kwargs: Any) -> dict[str, Any]:
    run = {"data_interval_start": DAILY[0], "data_interval_end": DAILY[1], "logical_date": DAILY[0], "run_after": NOON}
    return {"dag_run": SimpleNamespace(**{**run, **kwargs}), "params": {}}


@pytest.mark.parametrize("key", ["triggering_dataset_events", "triggering_asset_events"])
def test_events_of_both_airflow_lines(key: str) -> None:
    events = [SimpleNamespace(extra=given_days("2026-11-10", "2026-11-11")), SimpleNamespace(extra=None)]
    context = {**context_of(), key: {"warehouse://raw_data/zendesk": events}}
    assert window_of(context, TODAY) == Window(date(2026, 11, 10), date(2026, 11, 11))


def test_run_without_interval_and_logical_date_as_in_airflow_3() -> None:
    context = context_of(data_interval_start=None, data_interval_end=None, logical_date=None)
    assert window_of({**context, "triggering_asset_events": {}}, TODAY) == YESTERDAY


def test_macros_speak_of_the_same_window() -> None:
    template = Environment(autoescape=True).from_string("{{ window_start() }} {{ window_end() }} {{ window_days() }}")
    context = {**context_of(), "params": given_days("2026-11-01", "2026-11-02")}
    rendered = template.render({**context, **WINDOW_MACROS})
    assert rendered == "2026-11-01 2026-11-02 2026-11-01,2026-11-02"


CHOICE = {"days": ["2026-11-05", "2026-11-06"], "start_date": "2026-11-05", "end_date": "2026-11-06"}


@pytest.mark.parametrize(
    ("choice", "window"),
    [
        (CHOICE, Window(date(2026, 11, 5), date(2026, 11, 6))),
        ({"days": [], "start_date": None, "end_date": None}, Window(DAILY[0].date(), DAILY[0].date())),
        (None, Window(DAILY[0].date(), DAILY[0].date())),
    ],
)
def test_what_the_first_task_has_chosen_comes_before_all_else(choice: dict[str, Any] | None, window: Window) -> None:
    task = SimpleNamespace(xcom_pull=lambda task_ids: choice if task_ids == "choose_days" else None)
    assert window_of({**context_of(), "ti": task}, TODAY) == window


@pytest.mark.parametrize(
    ("run_type", "params", "days"),
    [
        ("backfill", {}, [DAILY[0].date()]),
        ("backfill", given_days("2026-11-01", "2026-11-02"), [date(2026, 11, 1), date(2026, 11, 2)]),
        ("manual", given_days("2026-11-01", "2026-11-02"), [date(2026, 11, 1), date(2026, 11, 2)]),
        ("manual", given_days(None, None), None),
        ("scheduled", {}, None),
        ("asset_triggered", {}, None),
        ("dataset_triggered", {}, None),
    ],
)
def test_an_order_names_its_days(run_type: str, params: dict[str, object], days: list[date] | None) -> None:
    context = {**context_of(run_type=run_type), "params": params}
    assert ordered_days(context, TODAY) == days


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        ({"start_date": "2026-11-22", "end_date": "2026-11-20"}, "2026-11-22 is after end_date 2026-11-20: swap them"),
        ({"start_date": "2026-11-20"}, "has start_date only: give both start_date and end_date"),
        ({"end_date": "2026-11-20"}, "has end_date only"),
        ({"start_date": "2026-11-20", "end_date": "2999-01-01"}, "2999-01-01 is in the future"),
        ({"start_day": "2026-11-20", "end_day": "2026-11-20"}, "has end_day, start_day, which this DAG does not know"),
        ({"startdate": "2026-11-20"}, "use some of start_date, end_date"),
    ],
)
def test_a_wrong_conf_is_not_tried_again(conf: dict[str, str], message: str) -> None:
    interval = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
    run = SimpleNamespace(
        conf=conf, data_interval_start=interval[0], data_interval_end=interval[1], logical_date=interval[0]
    )
    params = {"start_date": None, "end_date": None, **conf}
    declared = {name: params[name] for name in ("start_date", "end_date")}
    with pytest.raises(AirflowFailException, match=message):
        window_of({"dag_run": run, "params": declared})
