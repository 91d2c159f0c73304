"""Shares of the tests lose none, last about as long, and are asked for in one way."""

from __future__ import annotations

import pytest

from tests.schedule import TESTS, group_of, share, shares


def test_shares_hold_every_group_once_and_last_about_as_long() -> None:
    seconds = {"a": 60.0, "b": 50.0, "c": 40.0, "d": 30.0, "e": 20.0}
    dealt = shares(seconds, 2)
    assert sorted(group for one in dealt for group in one) == sorted(seconds)
    assert sorted(sum(seconds[group] for group in one) for one in dealt) == [90, 110]


def test_a_group_that_was_never_recorded_runs_in_one_share() -> None:
    groups = ["known", "new"]
    parts = [share(f"{number}/2", groups, {"known": 60.0}) for number in (1, 2)]
    assert parts == [{"known"}, {"new"}]


@pytest.mark.parametrize("wanted", ["0/2", "3/2", "2", "a/2", "1/0"])
def test_a_share_that_does_not_exist_is_an_error(wanted: str) -> None:
    with pytest.raises(pytest.UsageError, match="is no share"):
        share(wanted, ["a"], {})


def test_a_group_is_a_file_or_a_folder_that_shares_what_it_builds() -> None:
    assert group_of(TESTS / "plugins" / "test_days.py") == "plugins/test_days"
    assert group_of(TESTS / "e2e" / "test_2_bad_day.py") == "e2e"
