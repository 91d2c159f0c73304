from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.check_composer_constraints import asked_for, compare, main, read_pins

ROOT = Path(__file__).resolve().parents[2]
PINS = read_pins((ROOT / "constraints.txt").read_text())
# Pages of Composer's image lists are not to be had here (docs/deployment.md): these are its forms, not its contents.
PIP_LIST = """
Executing the command: [ python -m pip list ]...
Package                                  Version
---------------------------------------- ----------------
apache-airflow                           2.11.2+composer
PyYAML                                   6.0.3
requests                                 1.0.0
"""


def installed(image: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, str], str]:
    (tmp_path / "image.txt").write_text(image)
    main([str(tmp_path / "image.txt"), "--write", str(tmp_path / "packages.txt")])
    return read_pins((tmp_path / "packages.txt").read_text()), capsys.readouterr().out


def test_both_forms_of_list_are_read() -> None:
    assert read_pins(PIP_LIST) == {"apache-airflow": "2.11.2+composer", "pyyaml": "6.0.3", "requests": "1.0.0"}
    assert read_pins("Jinja2==3.1.6\n  google-cloud_storage==3.4.0\n# x==1\n") == {
        "jinja2": "3.1.6",
        "google-cloud-storage": "3.4.0",
    }


def test_image_with_all_of_ours_needs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packages, said = installed("\n".join(f"{name}=={version}" for name, version in PINS.items()), tmp_path, capsys)
    assert packages == {}
    assert " 0 differ, 0 to install." in said


def test_what_the_image_lacks_is_installed_as_it_was_tested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packages, _ = installed(PIP_LIST, tmp_path, capsys)
    for name in ("astronomer-cosmos", "dbt-bigquery", "dbt-core", "apache-airflow-providers-slack", "slack-sdk"):
        assert packages[name] == PINS[name]
    # Composer brings Airflow itself; the image has PyYAML as tested; nobody asks for development tools.
    assert not {"apache-airflow", "pyyaml", "ruff", "sqlfluff", "hypothesis"} & set(packages)


def test_image_version_that_ours_refuse_is_named_with_its_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packages, said = installed(PIP_LIST, tmp_path, capsys)
    assert packages["requests"] == PINS["requests"]
    line = next(line for line in said.splitlines() if line.startswith("requests: the image has 1.0.0"))
    assert "google-cloud-bigquery (" in line
    assert "Where Composer refuses that, take an image that has it" in line


def test_image_version_that_ours_accept_stays() -> None:
    asked = {"requests": {"x": Requirement("requests>=2.20,<3")}}
    [difference], missing = compare({"requests": "2.31.0"}, {"requests": "2.32.5"}, asked)
    assert "Ours accept it: it stays." in str(difference)
    assert missing == {}
    [difference], missing = compare({"requests": "2.19.0"}, {"requests": "2.32.5"}, asked)
    assert difference.refused_by == ("x (<3,>=2.20)",)
    assert missing == {"requests": "2.32.5"}


def test_what_is_pinned_is_installed_over_an_older_one() -> None:
    asked = {"astronomer-cosmos": {"requirements.txt": Requirement("astronomer-cosmos==1.15.1")}}
    [difference], missing = compare({"astronomer-cosmos": "1.14.0"}, {"astronomer-cosmos": "1.15.1"}, asked)
    assert difference.refused_by == ("requirements.txt (==1.15.1)",)
    assert missing == {"astronomer-cosmos": "1.15.1"}


def test_requirements_of_requirements_are_followed_by_their_markers() -> None:
    asked = asked_for([Requirement("dbt-bigquery")])
    assert asked["dbt-bigquery"]["requirements.txt"].name == "dbt-bigquery"
    assert "dbt-adapters" in asked["dbt-bigquery"] or "dbt-bigquery" in asked["dbt-adapters"]
    assert "google-cloud-bigquery" in asked
    assert "colorama" not in asked.get("pywin32", {})


@pytest.mark.parametrize(
    ("image", "fix"),
    [
        ("apache-airflow==2.10.5+composer", "Take an image of that line"),
        ("apache-airflow==3.3.1+composer", "REQUIREMENTS=requirements-airflow3.txt"),
        ("requests==2.32.5", "it is not the list of a Composer image"),
    ],
)
def test_wrong_image_is_refused(image: str, fix: str, tmp_path: Path) -> None:
    (tmp_path / "image.txt").write_text(image)
    with pytest.raises(SystemExit, match=fix):
        main([str(tmp_path / "image.txt")])
