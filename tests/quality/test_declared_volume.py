from __future__ import annotations

from pathlib import Path

import pytest
from martech.declarations.reader import DeclarationError

from include.quality.declared_volume import load_volume_rules

HEAD = "near_zero: 0.01\ncopies: 0.3\ncalendar:\n"
WRONG = {
    "no beginning": ("{name: x, factor: [1, 2]}", "it does not say when it begins"),
    "two beginnings": ("{name: x, factor: [1, 2], month: 5, day: 1, weekday: monday}", "does not say when it begins"),
    "easter in a month": ("{name: x, factor: [1, 2], easter: 1, month: 4}", "Write month and day, month and weekday"),
    "a day without a month": ("{name: x, factor: [1, 2], day: 3}", "does not say when it begins"),
    "no such day": ("{name: x, factor: [1, 2], month: 2, day: 30}", "there is no such day"),
    "no such weekday": ("{name: x, factor: [1, 2], month: 2, weekday: friyay}", "Write the English name of a weekday"),
    "one factor": ("{name: x, factor: [1], month: 2, day: 3}", "Write two numbers"),
    "an unknown key": ("{name: x, factor: [1, 2], month: 2, day: 3, rows: 9}", "Use only: name, factor"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_occasion_is_refused_with_line_and_remedy(tmp_path: Path, case: str) -> None:
    entry, message = WRONG[case]
    path = tmp_path / "volume.yml"
    path.write_text(f"{HEAD}  - {entry}\n")
    with pytest.raises(DeclarationError, match=message) as error:
        load_volume_rules(path)
    assert f"{path}:4" in str(error.value)


def test_a_leap_day_is_a_day(tmp_path: Path) -> None:
    path = tmp_path / "volume.yml"
    path.write_text(f"{HEAD}  - {{name: leap day, factor: [1, 2], month: 2, day: 29}}\n")
    assert load_volume_rules(path).calendar[0].name == "leap day"
